#include "proxy/activity_relay.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

namespace jhub::proxy {
namespace {

class ActivityRelay : public testing::Test {
  protected:
    ActivityRelay()
    {
        std::array<int, 2> ends{};
        EXPECT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()), 0);
        reporting = Descriptor(ends[0]);
        receiving = Descriptor(ends[1]);
    }
    static RoutePointer add(RouteTable& table, std::string const& path, std::int64_t active)
    {
        auto route = table.add(path, Json{{"target", "http://h:1"}});
        EXPECT_TRUE(route);
        (*route)->touch(active);
        return *route;
    }

    Descriptor reporting;
    Descriptor receiving;
    EventLoop loop;
    RouteTable old_table{RouteRules{}};
    RouteTable new_table{RouteRules{}};
};

TEST_F(ActivityRelay, activity_in_the_old_process_reaches_the_new_one_and_never_moves_time_back)
{
    std::string const odd = "/user/x%2Fy%20%C3%A9";
    for (auto const& path : {std::string("/"), std::string("/a"), odd})
        add(old_table, path, 2'000);
    auto const root = add(new_table, "/", 1'000);
    auto const a = add(new_table, "/a", 3'000);
    auto const special = add(new_table, odd, 1'000);
    ActivityReporter reporter(std::move(reporting), 0);
    ActivityReceiver receiver(loop, new_table, std::move(receiving));
    reporter.report(old_table);
    receiver.on_events(0);
    EXPECT_EQ(root->last_activity_ms, 2'000);
    EXPECT_EQ(a->last_activity_ms, 3'000) << "the new process has seen later activity itself";
    EXPECT_EQ(special->last_activity_ms, 2'000);
}

TEST_F(ActivityRelay, a_large_table_comes_whole_and_unknown_routes_are_passed_over)
{
    std::vector<RoutePointer> known;
    for (int i = 0; i < 2'000; ++i) {
        auto const path = "/user/with-a-rather-long-name-" + std::to_string(i);
        add(old_table, path, 5'000);
        if (i % 2 == 0)
            known.push_back(add(new_table, path, 1));
    }
    ActivityReporter reporter(std::move(reporting), 0);
    ActivityReceiver receiver(loop, new_table, std::move(receiving));
    for (int i = 0; i < 10; ++i) { // what does not fit into the socket comes with a later report
        reporter.report(old_table);
        receiver.on_events(0);
    }
    for (auto const& route : known)
        EXPECT_EQ(route->last_activity_ms, 5'000);
}

TEST_F(ActivityRelay, the_end_of_either_side_is_nothing_special)
{
    add(old_table, "/", 2'000);
    {
        ActivityReceiver receiver(loop, new_table, std::move(receiving));
        ActivityReporter(std::move(reporting), 0).report(new_table);
        receiver.on_events(0);
    }
    std::array<int, 2> ends{};
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()), 0);
    close(ends[1]);
    ActivityReporter reporter(Descriptor(ends[0]), 0);
    reporter.report(old_table);
    SUCCEED() << "no signal, no exception";
}

} // namespace
} // namespace jhub::proxy

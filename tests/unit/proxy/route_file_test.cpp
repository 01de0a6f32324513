#include "proxy/route_file.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <fstream>

namespace jhub::proxy {
namespace {

class RouteFileTest : public testing::Test {
  protected:
    RouteFileTest() { std::filesystem::create_directories(folder); }
    ~RouteFileTest() override { std::filesystem::remove_all(folder); }

    RouteStore opened()
    {
        auto store = RouteStore::open(file);
        EXPECT_TRUE(store);
        return std::move(*store);
    }

    std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / ("routes" + std::to_string(getpid()));
    std::string file = folder / "routes.json";
};

TEST_F(RouteFileTest, a_table_comes_back_as_it_was)
{
    ManualClock clock(Timestamp(std::chrono::milliseconds(1'700'000'000'123)));
    RouteTable before(RouteRules{}, clock);
    for (auto const* path : {"/", "/user/a%20b", "/user/x%2Fy", "/user/z%C3%A9/%25%22"})
        ASSERT_TRUE(before.add(path, Json{{"target", "http://h:1"}, {"user", "\"q\""}}));
    ASSERT_TRUE(opened().save(before));
    struct stat status{};
    ASSERT_EQ(stat(file.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600U) << "targets are nobody else's business";

    RouteTable after(RouteRules{});
    ASSERT_TRUE(opened().load(after));
    EXPECT_EQ(after.json(), before.json());
    EXPECT_TRUE(after.get("/user/x%2Fy"));
}

TEST_F(RouteFileTest, a_missing_file_is_an_empty_table_and_a_damaged_one_an_error)
{
    RouteTable table(RouteRules{});
    EXPECT_TRUE(opened().load(table));
    for (auto const* text :
         {" ", "{}", "[1]", R"([{"path":"/x","route":{}}])", R"([{"path":"/x","route":{"target":"gopher://x"}}])"}) {
        std::ofstream(file) << text;
        auto const loaded = opened().load(table);
        ASSERT_FALSE(loaded) << text;
        EXPECT_NE(loaded.error().message.find("routes.json"), std::string::npos);
    }
}

TEST_F(RouteFileTest, a_file_that_was_cut_off_is_replaced_by_its_copy_and_the_other_way_round)
{
    RouteTable before(RouteRules{});
    ASSERT_TRUE(before.add("/a", Json{{"target", "http://h:1"}}));
    for (auto const* damaged : {"routes.json", "routes.json~"}) {
        ASSERT_TRUE(opened().save(before));
        std::filesystem::resize_file(folder / damaged, 10);
        RouteTable after(RouteRules{});
        ASSERT_TRUE(opened().load(after)) << damaged;
        EXPECT_EQ(after.json(), before.json());
    }
}

TEST_F(RouteFileTest, on_a_full_disk_the_last_table_that_was_saved_stays)
{
    RouteTable table(RouteRules{});
    ASSERT_TRUE(table.add("/a", Json{{"target", "http://h:1"}}));
    RouteStore store = opened();
    ASSERT_TRUE(store.save(table));
    std::string const saved = table.json();
    ASSERT_TRUE(table.add("/b", Json{{"target", "http://h:" + std::string(3, '2') + "/" + std::string(500, 'x')}}));
    rlimit before{};
    getrlimit(RLIMIT_FSIZE, &before);
    rlimit const small{.rlim_cur = 200, .rlim_max = before.rlim_max};
    auto const quiet = signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    for (int i = 0; i < 3; ++i)
        EXPECT_FALSE(store.save(table));
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, quiet);
    RouteTable after(RouteRules{});
    ASSERT_TRUE(opened().load(after));
    EXPECT_EQ(after.json(), saved);
    EXPECT_TRUE(store.save(table)) << "there is room again";
}

TEST_F(RouteFileTest, a_shorter_table_leaves_nothing_of_the_longer_one)
{
    RouteTable table(RouteRules{});
    for (auto const* path : {"/a", "/b", "/c"})
        ASSERT_TRUE(table.add(path, Json{{"target", "http://h:1"}}));
    auto store = opened();
    ASSERT_TRUE(store.save(table));
    ASSERT_TRUE(table.remove("/b"));
    ASSERT_TRUE(store.save(table));
    RouteTable loaded(RouteRules{});
    ASSERT_TRUE(store.load(loaded));
    EXPECT_EQ(loaded.size(), 2U);
}

TEST_F(RouteFileTest, what_is_no_regular_file_is_refused)
{
    std::filesystem::create_directory(file);
    EXPECT_FALSE(RouteStore::open(file));
    std::filesystem::remove(file);
    std::filesystem::create_symlink("/dev/null", file);
    EXPECT_FALSE(RouteStore::open(file));
}

TEST_F(RouteFileTest, many_changes_are_saved_at_once_a_moment_later)
{
    EventLoop loop;
    RouteTable table(RouteRules{});
    RouteFile saver(loop, table, opened());
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(table.add("/" + std::to_string(i), Json{{"target", "http://h:1"}}));
        saver.table_changed();
    }
    EXPECT_EQ(std::filesystem::file_size(file), 0U);
    loop.timers().advance(loop.now_ms() + 1'000);
    RouteTable loaded(RouteRules{});
    ASSERT_TRUE(opened().load(loaded));
    EXPECT_EQ(loaded.size(), 3U);
}

} // namespace
} // namespace jhub::proxy

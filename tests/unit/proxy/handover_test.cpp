// What one process hands to the next, and the monitor in between.
#include "proxy/handover.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "proxy/monitor.hpp"

namespace jhub::proxy {
namespace {

std::string copy_of(int descriptor) { return std::to_string(fcntl(descriptor, F_DUPFD_CLOEXEC, 3)); }

TEST(Handover, descriptors_arrive_under_their_names_together_with_the_routes)
{
    Descriptor const one(memfd_create("one", MFD_CLOEXEC));
    Descriptor const two(memfd_create("two", MFD_CLOEXEC));
    ASSERT_EQ(write(two.get(), "2", 1), 1);
    auto const description =
        describe({{{"the port", one.get()}, {"the port", two.get()}, {"other", one.get()}}, "[\"routes\"]"});
    ASSERT_TRUE(description);
    auto inherited = Inherited::receive(copy_of(description->get()) + "," + copy_of(one.get()) + "," +
                                        copy_of(two.get()) + "," + copy_of(one.get()));
    ASSERT_TRUE(inherited) << inherited.error().message;
    EXPECT_TRUE(inherited->anything());
    EXPECT_EQ(inherited->routes(), "[\"routes\"]");
    auto const ports = inherited->take("the port");
    ASSERT_EQ(ports.size(), 2U);
    char text = 0;
    EXPECT_EQ(pread(ports[1].get(), &text, 1, 0), 1) << "in their order";
    EXPECT_TRUE(inherited->take("the port").empty());
    EXPECT_GE(inherited->take_one("other").get(), 0);
    EXPECT_LT(inherited->take_one("unknown").get(), 0);
}

TEST(Handover, secrets_travel_in_files_without_a_name)
{
    Legacy legacy;
    std::string const secret("a\0b", 3);
    ASSERT_TRUE(legacy.keep("secret", secret));
    legacy.routes = "[]";
    auto const description = describe(legacy);
    ASSERT_TRUE(description);
    auto inherited = Inherited::receive(copy_of(description->get()) + "," + copy_of(legacy.descriptors.front().second));
    ASSERT_TRUE(inherited) << inherited.error().message;
    EXPECT_EQ(inherited->take_text("other"), "");
    EXPECT_EQ(inherited->take_text("secret"), secret);
    EXPECT_EQ(inherited->take_text("secret"), "") << "once";
}

TEST(Handover, what_no_proxy_wrote_is_refused)
{
    Descriptor const empty(memfd_create("empty", MFD_CLOEXEC));
    for (std::string const& numbers : {std::string(), std::string("x"), std::string("1"), std::string("-5"),
                                       std::string("99999"), copy_of(empty.get()), copy_of(empty.get()) + ",99999"})
        EXPECT_FALSE(Inherited::receive(numbers)) << numbers;
    Descriptor const fewer(memfd_create("fewer", MFD_CLOEXEC));
    std::string_view const text = R"({"names":["a","b"],"routes":"[]"})";
    ASSERT_EQ(write(fewer.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
    EXPECT_FALSE(Inherited::receive(copy_of(fewer.get()) + "," + copy_of(empty.get())));
}

class MonitorTest : public testing::Test {
  protected:
    MonitorTest() { std::filesystem::create_directories(folder); }
    ~MonitorTest() override { std::filesystem::remove_all(folder); }
    Descriptor launched(MonitorPlan const& plan)
    {
        auto channel = Monitor::launch(plan, {title.data(), title.size()});
        EXPECT_TRUE(channel);
        return std::move(*channel);
    }
    std::string file(std::string const& name) const { return folder / name; }

    std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / ("monitor" + std::to_string(getpid()));
    std::array<char, 32> title{};
};

TEST_F(MonitorTest, opens_the_files_of_its_plan_and_no_others)
{
    std::ofstream(file("key")) << "secret";
    std::ofstream(file("other")) << "x";
    Monitor monitor(launched({.readable = {file("key"), file("missing")}, .program = "/bin/false"}));
    Descriptor const key = monitor.open(file("key"));
    std::array<char, 16> text{};
    EXPECT_EQ(read(key.get(), text.data(), text.size()), 6);
    EXPECT_STREQ(text.data(), "secret");
    EXPECT_LT(monitor.open(file("other")).get(), 0);
    EXPECT_EQ(errno, EACCES);
    EXPECT_LT(monitor.open(file("missing")).get(), 0);
    EXPECT_EQ(errno, ENOENT);
    EXPECT_LT(monitor.open(file("../") + folder.filename().string() + "/key").get(), 0) << "the same by another name";
}

TEST_F(MonitorTest, runs_its_program_with_the_descriptors_it_is_given)
{
    Monitor monitor(launched({.readable = {},
                              .program = "/bin/sh",
                              .arguments = {"-c", "eval \"echo $0 >&${CONFIGPROXY_HANDOVER#*,}\"", "hello"}}));
    std::array<int, 2> pipe{};
    ASSERT_EQ(pipe2(pipe.data(), O_CLOEXEC), 0);
    Descriptor const reading(pipe[0]);
    {
        Descriptor const writing(pipe[1]);
        Descriptor const first(memfd_create("first", MFD_CLOEXEC));
        auto const pid = monitor.start_successor({first.get(), writing.get()});
        ASSERT_TRUE(pid);
        EXPECT_GT(*pid, 0);
    }
    std::array<char, 16> text{};
    EXPECT_EQ(read(reading.get(), text.data(), text.size()), 6);
    EXPECT_STREQ(text.data(), "hello\n");
    EXPECT_EQ(read(reading.get(), text.data(), text.size()), 0) << "the monitor keeps no copy";
}

TEST_F(MonitorTest, that_is_gone_is_an_error_not_a_hang)
{
    std::array<int, 2> ends{};
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()), 0);
    close(ends[1]);
    Monitor monitor{Descriptor(ends[0])};
    EXPECT_LT(monitor.open("/x").get(), 0);
    EXPECT_EQ(errno, EPIPE);
    auto const started = monitor.start_successor({});
    ASSERT_FALSE(started);
    EXPECT_NE(started.error().message.find("monitor"), std::string::npos);
}

} // namespace
} // namespace jhub::proxy

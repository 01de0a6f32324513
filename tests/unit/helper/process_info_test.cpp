#include "helper/process_info.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

namespace jhub::helper {
namespace {

constexpr std::string_view status = "Name:\tx\nUid:\t1000\t0\t0\t0\nGid:\t5\t5\t5\t5\n";

std::string stat_line(std::string const& command)
{
    return "42 (" + command + ") S 1 42 43 0 -1 4194304 100 0 1 0 0 0 0 0 20 0 1 0 121666 2998272 394\n";
}

TEST(ProcessInfo, reads_itself)
{
    auto const facts = read_process(getpid());
    ASSERT_TRUE(facts);
    EXPECT_EQ(facts->uid, getuid());
    EXPECT_EQ(facts->session, getsid(0));
    EXPECT_GT(facts->start_time, 0u);
    EXPECT_EQ(boot_id().size(), 36u);
}

TEST(ProcessInfo, a_command_may_be_called_anything)
{
    for (char const* command : {"sh", "two words", ")", "a) S 9 9 9 (b", "", "\n"}) {
        auto const facts = parse_process(stat_line(command), status);
        ASSERT_TRUE(facts) << command;
        EXPECT_EQ(facts->state, 'S');
        EXPECT_EQ(facts->session, 43);
        EXPECT_EQ(facts->start_time, 121666u);
        EXPECT_EQ(facts->uid, 1000u) << "the real uid is the first";
    }
}

TEST(ProcessInfo, nothing_is_known_of_a_process_that_is_gone_or_garbled)
{
    EXPECT_FALSE(read_process(4194303));
    EXPECT_FALSE(parse_process("", status));
    EXPECT_FALSE(parse_process("42 (sh", status));
    EXPECT_FALSE(parse_process("42 (sh) S 1", status));
    EXPECT_FALSE(parse_process(stat_line("sh"), "Name:\tx\n"));
}

} // namespace
} // namespace jhub::helper

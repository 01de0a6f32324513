#include "spawn/shell_quote.hpp"

#include <gtest/gtest.h>

namespace jhub::spawn {
namespace {

TEST(ShellQuote, does_what_python_does)
{
    EXPECT_EQ(shell_quote("plain-word_1@%+=:,./"), "plain-word_1@%+=:,./");
    EXPECT_EQ(shell_quote(""), "''");
    EXPECT_EQ(shell_quote("two words"), "'two words'");
    EXPECT_EQ(shell_quote("it's"), "'it'\"'\"'s'");
    EXPECT_EQ(shell_quote("$(rm -rf ~)"), "'$(rm -rf ~)'");
    EXPECT_EQ(shell_quote("käse"), "'käse'");
    EXPECT_EQ(shell_join({"a", "b c", ""}), "a 'b c' ''");
}

} // namespace
} // namespace jhub::spawn

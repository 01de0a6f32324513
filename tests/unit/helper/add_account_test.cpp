// Accounts that are made for people who have none: the command is root's, the name is a name.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "helper/add_account.hpp"

namespace jhub::helper {
namespace {

using testing::ElementsAre;

TEST(AddAccount, puts_the_name_into_the_command_of_the_configuration)
{
    EXPECT_THAT(add_account_command({}, "ada").value(),
                ElementsAre("adduser", "-q", "--gecos", "\"\"", "--disabled-password", "ada"));
    EXPECT_THAT(
        add_account_command({.command = {"useradd", "-c", "user USERNAME"}, .uids = {{"ada", 1234}, {"bob", 5}}}, "ada")
            .value(),
        ElementsAre("useradd", "-c", "user ada", "--uid", "1234", "ada"));
}

TEST(AddAccount, refuses_what_is_no_name_or_could_mean_something_else)
{
    for (std::string const name : {"ada", "Ada.L", "a_b-c", "x@example.org", "j\xc3\xbcrgen", "u1000", "_ssh"})
        EXPECT_TRUE(add_account_command({}, name)) << name;
    for (std::string const& name : {std::string(),        std::string("-rf"),      std::string("--system"),
                                    std::string("a/b"),   std::string(".."),       std::string("a b"),
                                    std::string("a\nb"),  std::string("a:b"),      std::string("$(reboot)"),
                                    std::string("a;b"),   std::string("a'b"),      std::string("a\"b"),
                                    std::string("1000"),  std::string("0"),        std::string("+x"),
                                    std::string("@x"),    std::string("a,b"),      std::string("a\\b"),
                                    std::string("a*"),    std::string("\xff\xfe"), std::string("\xc2\x85x"),
                                    std::string(256, 'a')})
        EXPECT_FALSE(add_account_command({}, name)) << name;
}

TEST(AddAccount, never_touches_an_account_that_exists)
{
    auto const refused = add_account({.command = {"/bin/false"}}, "root", 0);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::conflict);
}

TEST(AddAccount, tells_how_the_command_ended)
{
    EXPECT_TRUE(add_account({.command = {"true"}}, "no-such-person", 64));
    EXPECT_TRUE(add_account({.command = {"sh", "-c", "exit 3"}}, "no-such-person", 0)
                    .error()
                    .message.contains("sh ended with exit status 3"));
    EXPECT_FALSE(add_account({.command = {"/no/such/program"}}, "no-such-person", 0));
    EXPECT_TRUE(
        add_account({.command = {"sh", "-c", "test $(ulimit -n) = 64 -a $PWD = / -a -z $HOME"}}, "no-such-person", 64));
}

} // namespace
} // namespace jhub::helper

// What is worked out before a process is forked, and how its failures are put into words.
#include "helper/child.hpp"

#include <gtest/gtest.h>

#include <cerrno>

namespace jhub::helper {
namespace {

using Words = std::vector<std::string>;

Plan plan_of(privileged::wire::Prepare const& command, privileged::Account const& account = {.home = "/home/ada"})
{
    return make_plan(command, account, true).value();
}

TEST(Plan, looks_the_command_up_in_the_path_of_the_new_process)
{
    EXPECT_EQ(plan_of({.argv = {"x"}, .env = {{"PATH", "/a:/b"}}}).programs, (Words{"/a/x", "/b/x"}));
    EXPECT_EQ(plan_of({.argv = {"x"}}).programs, (Words{"/bin/x", "/usr/bin/x"})) << "as Python's os.defpath";
    EXPECT_EQ(plan_of({.argv = {"x"}, .env = {{"PATH", ":/b"}}}).programs, (Words{"./x", "/b/x"}));
    EXPECT_EQ(plan_of({.argv = {"./x"}, .env = {{"PATH", "/a"}}}).programs, (Words{"./x"}));
}

TEST(Plan, tries_the_home_directory_and_its_parents_but_never_the_root)
{
    EXPECT_EQ(plan_of({.argv = {"x"}}).directories, (Words{"/home/ada", "/home"}));
    EXPECT_EQ(plan_of({.argv = {"x"}, .working_directory = "/a/b/c"}).directories, (Words{"/a/b/c", "/a/b", "/a"}));
    EXPECT_EQ(plan_of({.argv = {"x"}, .working_directory = "/"}).directories, (Words{"/"})) << "unless asked for";
    EXPECT_EQ(plan_of({.argv = {"x"}}, {.home = "/"}).directories, Words{});
    EXPECT_EQ(plan_of({.argv = {"x"}}, {.home = ""}).directories, Words{});
    auto const made = plan_of({.argv = {"x"}, .working_directory = "/a/b", .create_working_directory = true});
    EXPECT_EQ(made.create, (Words{"/a", "/a/b"})) << "outermost first";
}

TEST(Plan, groups_are_in_the_kernels_order)
{
    auto const plan = plan_of({.argv = {"x"}}, {.home = "/", .group_ids = {30, 10, 30, 20}});
    EXPECT_EQ(plan.groups, (std::vector<gid_t>{10, 20, 30}));
}

TEST(Plan, refuses_nothing_to_run_and_impossible_names)
{
    EXPECT_FALSE(make_plan({}, {}, false));
    EXPECT_FALSE(make_plan({.argv = {""}}, {}, false));
    EXPECT_FALSE(make_plan({.argv = {"x"}, .env = {{"", "y"}}}, {}, false));
    EXPECT_FALSE(make_plan({.argv = {"x"}, .env = {{"A=B", "y"}}}, {}, false));
}

TEST(Plan, failures_are_put_into_words)
{
    EXPECT_EQ(describe({Stage::command, ENOENT}, "/opt/x", "/a").message, "Command not found: /opt/x");
    EXPECT_EQ(describe({Stage::command, EACCES}, "x", "/a").code, Errc::forbidden);
    EXPECT_EQ(describe({Stage::command, ENOEXEC}, "x", "/a").message, "Cannot run x: Exec format error");
    EXPECT_EQ(describe({Stage::user_id, EAGAIN}, "x", "/a").message,
              "Cannot start x: changing to the account failed: Resource temporarily unavailable");
    EXPECT_EQ(describe({static_cast<Stage>(200), 99999}, "x", "/a").message,
              "Cannot start x: a step failed: error 99999");
}

} // namespace
} // namespace jhub::helper

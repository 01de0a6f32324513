// Who can change what lies at a path: owners, modes, links, sticky directories, what does not exist.
#include "base/trust.hpp"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "python/support.hpp"

namespace jhub {
namespace {

using testing::HasSubstr;

constexpr uid_t bob = 61555;

struct TrustTest : testing::Test {
    void SetUp() override
    {
        if (geteuid() != 0)
            GTEST_SKIP() << "makes files of other accounts";
        ASSERT_EQ(chmod(folder.path().c_str(), 0755), 0);
        file = folder.write("outer/inner/file", "text");
        outer = folder.path() + "/outer";
        inner = outer + "/inner";
    }
    void facts(std::string const& path, uid_t owner, gid_t group, mode_t mode)
    {
        ASSERT_EQ(lchown(path.c_str(), owner, group), 0);
        ASSERT_EQ(chmod(path.c_str(), mode), 0);
    }
    TemporaryDirectory folder;
    TrustedAccounts const root;
    std::string file, outer, inner;
};

TEST_F(TrustTest, what_root_alone_can_change_is_no_problem)
{
    EXPECT_FALSE(who_can_change(file, root));
    EXPECT_FALSE(who_can_change(inner + "/missing/deep", root));
    EXPECT_FALSE(who_can_add(inner, root));
}

TEST_F(TrustTest, the_place_the_person_and_the_command_are_named)
{
    facts(outer, bob, bob, 0755);
    auto const problem = who_can_change(file, root);
    EXPECT_EQ(problem.place, outer);
    EXPECT_EQ(problem.who, outer + " belongs to the account number 61555");
    EXPECT_EQ(problem.remedy, "chown -R root:root " + outer);
}

TEST_F(TrustTest, write_permission_at_any_component_is_a_problem)
{
    for (auto const& place : {outer, inner, file}) {
        facts(place, 0, 0, 0757);
        EXPECT_THAT(who_can_change(file, root).who, HasSubstr("everybody can write to " + place));
        facts(place, 0, bob, 0775);
        EXPECT_THAT(who_can_change(file, root).who, HasSubstr("the group number 61555 can write to " + place));
        EXPECT_EQ(who_can_change(file, root).remedy, "chmod -R go-w " + place);
        facts(place, 0, 0, 0775);
        EXPECT_FALSE(who_can_change(file, root)) << "root's own group";
        facts(place, 0, 0, 0755);
    }
}

TEST_F(TrustTest, a_sticky_directory_protects_what_is_in_it_and_nothing_that_is_not_there_yet)
{
    facts(inner, 0, 0, 01777);
    EXPECT_FALSE(who_can_change(file, root));
    EXPECT_THAT(who_can_change(inner + "/missing", root).who, HasSubstr("everybody can write to " + inner));
    EXPECT_THAT(who_can_change(inner + "/missing/deep", root).who, HasSubstr(inner));
    EXPECT_THAT(who_can_add(inner, root).who, HasSubstr(inner));
    EXPECT_EQ(who_can_add(inner, root).remedy, "") << "nobody should take that from /tmp";
    facts(file, bob, bob, 0644);
    EXPECT_THAT(who_can_change(file, root).who, HasSubstr(file + " belongs to"));
}

TEST_F(TrustTest, links_are_followed_and_belong_to_the_way)
{
    std::string const link = folder.path() + "/link";
    ASSERT_EQ(symlink("outer/../outer/inner", link.c_str()), 0);
    EXPECT_FALSE(who_can_change(link + "/file", root));
    ASSERT_EQ(lchown(link.c_str(), bob, bob), 0);
    EXPECT_EQ(who_can_change(link + "/file", root).place, link);
    ASSERT_EQ(lchown(link.c_str(), 0, 0), 0);
    facts(outer, bob, bob, 0755);
    EXPECT_EQ(who_can_change(link + "/file", root).place, outer);
    std::string const loop = folder.path() + "/loop";
    ASSERT_EQ(symlink("loop", loop.c_str()), 0);
    EXPECT_THAT(who_can_change(loop + "/file", root).who, HasSubstr("leads nowhere"));
}

TEST_F(TrustTest, who_called_sudo_is_trusted_and_nothing_that_is_no_number)
{
    facts(outer, bob, bob, 0775);
    EXPECT_FALSE(who_can_change(file, root_and_sudo("61555", "61555")));
    EXPECT_TRUE(who_can_change(file, root_and_sudo("61555", "")));
    EXPECT_TRUE(who_can_change(file, root_and_sudo("61555x", " 61555")));
}

} // namespace
} // namespace jhub

// What two sets have in common: reference rbac.md §6.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rbac/scope_support.hpp"

namespace jhub::rbac {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

FixedMemberships const groups({{"staff", {"ada"}}});

Texts common(Texts const& a, Texts const& b)
{
    Texts const forward = texts_of(intersect(set_of(a), set_of(b), groups));
    EXPECT_EQ(forward, texts_of(intersect(set_of(b), set_of(a), groups))) << "order must not matter";
    return forward;
}

TEST(Intersect, everything_leaves_the_other_side)
{
    EXPECT_THAT(common({"servers"}, {"servers!user=ada", "servers!group=x"}),
                ElementsAre("servers!group=x", "servers!user=ada"));
    EXPECT_THAT(common({"servers"}, {"tokens"}), IsEmpty());
}

TEST(Intersect, servers_survive_under_their_owner_and_under_the_owners_group)
{
    EXPECT_THAT(common({"servers!server=ada/lab"}, {"servers!user=ada"}), ElementsAre("servers!server=ada/lab"));
    EXPECT_THAT(common({"servers!server=ada/lab"}, {"servers!group=staff"}), ElementsAre("servers!server=ada/lab"));
    EXPECT_THAT(common({"servers!server=bob/lab"}, {"servers!group=staff", "servers!user=ada"}), IsEmpty());
}

TEST(Intersect, users_survive_under_their_group_but_groups_never_under_users)
{
    EXPECT_THAT(common({"servers!user=ada"}, {"servers!group=staff"}), ElementsAre("servers!user=ada"));
    EXPECT_THAT(common({"servers!group=staff"}, {"servers!user=bob"}), IsEmpty());
    EXPECT_THAT(common({"servers!group=staff"}, {"servers!group=other"}), IsEmpty());
}

TEST(Intersect, without_memberships_groups_reach_nobody)
{
    EXPECT_TRUE(intersect(set_of({"servers!user=ada"}), set_of({"servers!group=staff"}), no_memberships()).empty());
}

} // namespace
} // namespace jhub::rbac

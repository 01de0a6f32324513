// The decision of the dispatcher: reference rest-api.md §1.4.
#include <gtest/gtest.h>

#include "rbac/requirement.hpp"
#include "rbac/scope_support.hpp"

namespace jhub::rbac {
namespace {

FixedMemberships const groups({{"staff", {"ada"}}});

Access ask(Requirement const& requirement, Texts const& held, PathNames const& names = {})
{
    return decide(requirement, true, set_of(held), target_of(names).view(), groups);
}

TEST(Requirement, open_routes_need_nobody_and_others_do)
{
    EXPECT_EQ(decide(anyone(), false, {}, Target::everything(), groups), Access::granted);
    EXPECT_EQ(decide(signed_in(), false, {}, Target::everything(), groups), Access::forbidden);
    EXPECT_EQ(decide(signed_in(), true, {}, Target::everything(), groups), Access::granted);
    EXPECT_EQ(decide(needs(Scope::proxy), false, set_of({"proxy"}), Target::everything(), groups), Access::forbidden);
}

TEST(Requirement, any_one_of_the_scopes_is_enough)
{
    EXPECT_EQ(ask(needs(Scope::users, Scope::read_hub), {"read:hub"}), Access::granted);
}

TEST(Requirement, a_filter_that_does_not_match_looks_like_a_missing_thing)
{
    EXPECT_EQ(ask(needs(Scope::users), {"users!user=ada"}, {.user = "bob"}), Access::hidden);
    EXPECT_EQ(ask(needs(Scope::users), {"tokens"}, {.user = "bob"}), Access::forbidden);
    EXPECT_EQ(ask(needs(Scope::users), {"users!user=ada"}, {.user = "ada"}), Access::granted);
}

TEST(Requirement, a_filtered_holding_does_not_open_an_unfiltered_route)
{
    EXPECT_EQ(ask(needs(Scope::admin_users), {"admin:users!group=staff"}), Access::forbidden);
}

TEST(Requirement, a_listing_is_content_with_a_filtered_holding)
{
    EXPECT_EQ(ask(needs(Scope::list_users).listing(), {"list:users!group=staff"}), Access::granted);
    EXPECT_EQ(ask(needs(Scope::list_users).listing(), {"tokens"}), Access::forbidden);
}

TEST(Requirement, routes_with_a_server_ask_for_that_server)
{
    PathNames const lab{.user = "ada", .server = "lab", .has_server = true};
    EXPECT_EQ(ask(needs(Scope::servers), {"servers!server=ada/lab"}, lab), Access::granted);
    EXPECT_EQ(ask(needs(Scope::servers), {"servers!server=ada/"}, lab), Access::hidden);
    EXPECT_EQ(ask(needs(Scope::servers), {"servers!group=staff"}, lab), Access::granted);

    PathNames const no_server{.user = "ada", .has_server = true};
    EXPECT_EQ(ask(needs(Scope::read_shares), {"read:shares!user=ada"}, no_server), Access::granted);
    EXPECT_EQ(ask(needs(Scope::read_shares), {"read:shares!server=ada/"}, no_server), Access::hidden);
}

} // namespace
} // namespace jhub::rbac

// From roles, shares and tokens to what a request may do: reference rbac.md §6, §7.1, §7.2.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rbac/scope_support.hpp"

namespace jhub::rbac {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

FixedMemberships const groups({{"staff", {"ada"}}});
Context const context{builtin(), groups};

Grants ada_with(Texts roles, Texts user_shares = {}, Texts group_shares = {})
{
    return {user("ada"), std::move(roles), std::move(user_shares), std::move(group_shares)};
}

Texts token(Grants const& grants, Texts const& scopes, Client const& client = {})
{
    return texts_of(resolve_token(grants, scopes, client, context));
}

TEST(Resolve, a_cookie_sees_shares_to_oneself_and_to_ones_groups)
{
    Texts const scopes = texts_of(
        resolve_owner(ada_with({"self"}, {"servers!server=bob/"}, {"access:servers!server=eve/lab"}), context));
    EXPECT_THAT(scopes, Contains("access:servers!user=ada"));
    EXPECT_THAT(scopes, Contains("read:servers!server=bob/")) << "shares are expanded here";
    EXPECT_THAT(scopes, Contains("access:servers!server=eve/lab"));
}

TEST(Resolve, a_token_sees_shares_to_oneself_as_stored_and_none_to_groups)
{
    Grants const grants = ada_with({"self"}, {"servers!server=bob/"}, {"access:servers!server=eve/lab"});
    Texts const scopes = token(grants, {"inherit"});
    EXPECT_THAT(scopes, Contains("servers!server=bob/"));
    EXPECT_THAT(scopes, Not(Contains("read:servers!server=bob/")));
    EXPECT_THAT(scopes, Not(Contains("access:servers!server=eve/lab")));
}

TEST(Resolve, a_token_is_bounded_by_its_owner_and_always_tells_who_that_is)
{
    EXPECT_THAT(token(ada_with({"self"}), {"admin:users", "read:tokens!user"}),
                ElementsAre("read:tokens!user=ada", "read:users!user=ada", "read:users:activity!user=ada",
                            "read:users:groups!user=ada", "read:users:name!user=ada", "users:activity!user=ada"));
    EXPECT_THAT(token(ada_with({}), {"admin:users"}), IsEmpty()) << "a blocked user's token";
}

TEST(Resolve, an_oauth_token_gives_access_to_its_own_server)
{
    EXPECT_THAT(token(ada_with({"self"}), {}, server_client("ada", "lab")), Contains("access:servers!server=ada/lab"));
    EXPECT_THAT(token(ada_with({"self"}), {}, server_client("bob", "lab")),
                Not(Contains("access:servers!server=bob/lab")));
    EXPECT_THAT(token(ada_with({"self"}, {"access:servers!server=bob/lab"}), {}, server_client("bob", "lab")),
                Contains("access:servers!server=bob/lab"));
}

TEST(Resolve, inherit_wins_over_everything_beside_it)
{
    EXPECT_EQ(token(ada_with({"proxy"}), {"inherit", "read:hub"}), Texts{"proxy"});
}

TEST(TokenScopes, have_to_exist_and_to_be_held)
{
    Grants const grants = ada_with({"self"});
    EXPECT_TRUE(check_token_scopes(Texts{"inherit"}, grants, Client{}, context));
    EXPECT_TRUE(check_token_scopes(Texts{"inherit", "read:tokens!user"}, grants, Client{}, context));

    auto const unknown = check_token_scopes(Texts{"read:token"}, grants, Client{}, context);
    ASSERT_FALSE(unknown);
    EXPECT_THAT(unknown.error().message, HasSubstr("read:tokens"));

    auto const excess = check_token_scopes(Texts{"read:tokens", "admin:users"}, grants, Client{}, context);
    ASSERT_FALSE(excess);
    EXPECT_THAT(excess.error().message, HasSubstr("delete:users"));
    EXPECT_FALSE(check_token_scopes(Texts{"servers!user=bob"}, grants, Client{}, context));
}

TEST(TokenScopes, a_group_filter_covers_its_members_for_the_holder)
{
    EXPECT_TRUE(check_token_scopes(Texts{"servers!user=ada"}, ada_with({"servers!group=staff"}), Client{}, context));
}

TEST(ServerToken, gets_the_default_role_for_an_ordinary_user)
{
    Resolution const scopes =
        server_token_scopes(Texts{"users:activity!user", "access:servers!server"}, Texts{"self"}, "ada", "", context);
    EXPECT_THAT(scopes.allowed, ElementsAre("users:activity!user", "access:servers!server=ada/"));
    EXPECT_THAT(scopes.disallowed, IsEmpty());
}

TEST(ServerToken, can_always_report_activity_and_gets_no_more_than_the_user_has)
{
    Resolution const scopes =
        server_token_scopes(Texts{"admin:users", "read:groups:nonsense"}, Texts{"self"}, "ada", "lab", context);
    EXPECT_THAT(scopes.allowed, Contains("users:activity!user"));
    EXPECT_THAT(scopes.allowed, Not(Contains("admin:users")));
    EXPECT_THAT(scopes.disallowed, ElementsAre("admin:users", "read:groups:nonsense"));
}

TEST(ServerToken, may_inherit)
{
    EXPECT_THAT(server_token_scopes(Texts{"inherit"}, Texts{"self"}, "ada", "", context).allowed,
                ElementsAre("inherit"));
}

TEST(ResolveRequested, allows_a_part_and_still_names_the_whole_as_disallowed)
{
    Resolution const resolution = resolve_requested(Texts{"read:servers", "proxy"}, Texts{"read:servers!user=ada"},
                                                    user("ada"), Client{}, context);
    EXPECT_THAT(resolution.allowed, ElementsAre("read:servers!user=ada", "read:users:name!user=ada"));
    EXPECT_THAT(resolution.disallowed, ElementsAre("read:servers", "proxy"));
}

} // namespace
} // namespace jhub::rbac

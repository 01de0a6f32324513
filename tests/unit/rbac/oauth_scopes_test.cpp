// What an OAuth login asks for and gets: reference rbac.md §7.3, §7.4.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rbac/oauth_scopes.hpp"
#include "rbac/scope_support.hpp"

namespace jhub::rbac {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

FixedMemberships const groups;
Context const context{builtin(), groups};

std::optional<Texts> role(std::string_view name)
{
    return name == "reader" ? std::optional(Texts{"read:tokens!user"}) : std::nullopt;
}

OAuthRequest to_service(std::string scope, Texts allowed)
{
    return {std::move(scope), client_allowed_scopes(allowed, service_client("grader")), user("ada"),
            service_client("grader")};
}

Texts granted(OAuthRequest const& request, Texts const& user_roles)
{
    auto const asked = requested_scopes(request, role, context);
    EXPECT_TRUE(asked);
    return asked ? granted_scopes(*asked, user_roles, request, context).allowed : Texts{};
}

TEST(OAuthScopes, a_clients_ceiling_holds_access_to_itself_and_is_sorted)
{
    EXPECT_THAT(client_allowed_scopes(Texts{"tokens", "list:users"}, server_client("ada", "lab")),
                ElementsAre("access:servers!server=ada/lab", "list:users", "tokens"));
}

TEST(OAuthScopes, without_a_scope_parameter_the_clients_own_are_asked_for)
{
    EXPECT_THAT(granted(to_service("", {"read:tokens!user"}), {"self"}),
                UnorderedElementsAre("access:services!service=grader", "read:tokens!user", "read:users:name!user",
                                     "read:users:groups!user"));
}

TEST(OAuthScopes, a_parameter_narrows_and_identify_is_dropped)
{
    EXPECT_THAT(
        granted(to_service("identify", {"read:tokens!user", "list:users"}), {"self", "list:users"}),
        UnorderedElementsAre("read:users:name!user", "read:users:groups!user", "access:services!service=grader"));
}

TEST(OAuthScopes, role_names_stand_for_their_scopes_but_not_mixed_with_scopes)
{
    EXPECT_THAT(granted(to_service("reader", {"read:tokens!user"}), {"self"}), Contains("read:tokens!user"));
    EXPECT_FALSE(requested_scopes(to_service("reader read:tokens!user", {"read:tokens!user"}), role, context));
    EXPECT_FALSE(requested_scopes(to_service("nonsense", {}), role, context));
}

TEST(OAuthScopes, more_than_the_client_may_ask_for_is_refused)
{
    EXPECT_FALSE(requested_scopes(to_service("admin:users", {"read:tokens!user"}), role, context));
}

TEST(OAuthScopes, what_the_user_lacks_is_left_out_without_an_error)
{
    Texts const scopes =
        granted(to_service("admin:users read:tokens!user", {"admin:users", "read:tokens!user"}), {"self"});
    EXPECT_THAT(scopes, Not(Contains("admin:users")));
    EXPECT_THAT(scopes, Contains("read:tokens!user"));
}

TEST(OAuthScopes, inherit_needs_the_clients_permission)
{
    EXPECT_THAT(granted(to_service("", {"inherit"}), {"self"}), Contains("inherit"));
    EXPECT_FALSE(requested_scopes(to_service("inherit", {"read:tokens!user"}), role, context));
}

} // namespace
} // namespace jhub::rbac

// Names of scopes, roles and custom scopes, and what is said about wrong ones.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rbac/raw_scope.hpp"
#include "rbac/roles.hpp"
#include "rbac/scope_support.hpp"

namespace jhub::rbac {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

std::string complaint(std::string_view scope)
{
    auto const result = check_scope_exists(scope, builtin());
    return result ? "" : result.error().message;
}

TEST(ScopeNames, accepts_filters_and_placeholders)
{
    for (auto const* good : {"users", "users!user=ada", "users!group=a b", "servers!server=ada/", "users!user",
                             "access:servers!server", "access:services!service", "self", "inherit"})
        EXPECT_EQ(complaint(good), "") << good;
}

TEST(ScopeNames, refuses_unknown_names_and_filters)
{
    for (auto const* bad : {"", "!", "user", "users!", "users!group", "users!user=", "users!colour=red", "(no_scope)",
                            "users ", "Users", "identify"})
        EXPECT_NE(complaint(bad), "") << bad;
}

TEST(ScopeNames, says_what_to_write_instead)
{
    EXPECT_THAT(complaint("all"), HasSubstr("inherit"));
    EXPECT_THAT(complaint("read:user"), HasSubstr("read:users"));
    EXPECT_THAT(complaint("users!group"), HasSubstr("!group=NAME"));
}

TEST(RoleNames, follow_the_pattern)
{
    for (auto const& good : {std::string("abc"), std::string("a-b_c~d.e9"), std::string(255, 'a')})
        EXPECT_TRUE(check_role_name(good)) << good;
    for (auto const& bad : {std::string("ab"), std::string("Abc"), std::string("1ab"), std::string("ab-"),
                            std::string("a b"), std::string(256, 'a'), std::string("a/b"), std::string()})
        EXPECT_FALSE(check_role_name(bad)) << bad;
}

TEST(Roles, may_be_redefined_except_admin)
{
    auto const user_role = complete_role({.name = "user", .scopes = Texts{"self", "shares!user"}});
    ASSERT_TRUE(user_role);
    EXPECT_FALSE(user_role->description.empty()) << "a missing key falls back to the default";
    EXPECT_THAT(user_role->scopes, ElementsAre("self", "shares!user"));

    EXPECT_TRUE(complete_role({.name = "admin"}));
    EXPECT_FALSE(complete_role({.name = "admin", .scopes = Texts{"self"}}));
    EXPECT_FALSE(complete_role({.name = "admin", .description = "Boss"}));
}

TEST(CustomScopes, have_their_own_subscopes)
{
    ScopeRegistry registry;
    auto const warnings = registry.define_custom(
        Json::parse(R"({"custom:jobs:write": {"description": "Write jobs", "subscopes": ["custom:jobs:read"]},
                        "custom:jobs:read": {"description": "Read jobs", "colour": "blue"}})"));
    ASSERT_TRUE(warnings);
    EXPECT_THAT(*warnings, SizeIs(1));
    Texts const raw{"custom:jobs:write!user"};
    EXPECT_THAT(to_strings(expand(raw, user("ada"), Client{}, registry).scopes, registry),
                ElementsAre("custom:jobs:read!user=ada", "custom:jobs:write!user=ada"));
    EXPECT_TRUE(check_scope_exists("custom:jobs:read!group=x", registry));
}

TEST(CustomScopes, survive_a_circle)
{
    ScopeRegistry registry;
    ASSERT_TRUE(registry.define_custom(Json::parse(R"({"custom:aaa": {"description": "a", "subscopes": ["custom:bbb"]},
                                         "custom:bbb": {"description": "b", "subscopes": ["custom:aaa"]}})")));
    EXPECT_THAT(registry.closure(*registry.find("custom:aaa")), SizeIs(2));
}

TEST(CustomScopes, refuse_wrong_definitions_and_then_change_nothing)
{
    for (auto const* bad : {
             R"([])",
             R"({"users": {"description": "x"}})",
             R"({"custom:a": {"description": "too short"}})",
             R"({"custom:abc-": {"description": "ends in a dash"}})",
             R"({"custom:Abc": {"description": "upper case"}})",
             R"({"custom:abc": {}})",
             R"({"custom:abc": {"description": 3}})",
             R"({"custom:abc": {"description": "x", "subscopes": "custom:abd"}})",
             R"({"custom:ok_": {"description": "fine"}, "custom:abc": {"description": "x", "subscopes": ["users"]}})",
         }) {
        ScopeRegistry registry;
        EXPECT_FALSE(registry.define_custom(Json::parse(bad))) << bad;
        EXPECT_FALSE(registry.find("custom:ok_")) << bad;
    }
}

TEST(CustomScopes, may_be_repeated_but_not_changed)
{
    ScopeRegistry registry;
    Json const one = Json::parse(R"({"custom:abc": {"description": "x"}})");
    ASSERT_TRUE(registry.define_custom(one));
    EXPECT_TRUE(registry.define_custom(one));
    EXPECT_FALSE(registry.define_custom(Json::parse(R"({"custom:abc": {"description": "y"}})")));
}

} // namespace
} // namespace jhub::rbac

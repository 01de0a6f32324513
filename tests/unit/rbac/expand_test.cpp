// What raw scopes become, against reference rbac.md §1, §3 and §4.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rbac/roles.hpp"
#include "rbac/scope_support.hpp"

namespace jhub::rbac {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

TEST(ScopeTable, every_implied_name_is_a_scope_and_forty_four_are_real)
{
    for (ScopeEntry const& entry : scope_table) {
        EXPECT_FALSE(entry.sentence.empty()) << entry.name;
        std::string_view rest = entry.implies;
        while (!rest.empty()) {
            std::string_view const name = rest.substr(0, rest.find(' '));
            EXPECT_TRUE(builtin().find(name)) << entry.name << " implies " << name;
            rest.remove_prefix(std::min(rest.size(), name.size() + 1));
        }
    }
    EXPECT_THAT(builtin().all_real(), SizeIs(44));
}

TEST(Expand, adds_subscopes_transitively_and_keeps_the_filter)
{
    EXPECT_THAT(expanded({"users!group=staff"}, user("ada")),
                ElementsAre("list:users!group=staff", "read:users!group=staff", "read:users:activity!group=staff",
                            "read:users:groups!group=staff", "read:users:name!group=staff", "users!group=staff",
                            "users:activity!group=staff"));
    EXPECT_THAT(expanded({"shares"}, user("ada")),
                ElementsAre("access:servers", "groups:shares", "read:groups:shares", "read:shares", "read:users:shares",
                            "shares", "users:shares"));
}

TEST(Expand, a_server_filter_does_not_tell_about_its_owner)
{
    EXPECT_THAT(expanded({"servers!server=ada/lab"}, user("ada")),
                ElementsAre("delete:servers!server=ada/lab", "read:servers!server=ada/lab", "servers!server=ada/lab"));
    EXPECT_THAT(expanded({"users!server=ada/lab"}, user("ada")),
                ElementsAre("list:users!server=ada/lab", "users!server=ada/lab", "users:activity!server=ada/lab"));
}

TEST(Expand, admin_has_every_real_scope)
{
    Texts const all = expanded(find_default_role("admin")->scopes, user("ada"));
    EXPECT_THAT(all, SizeIs(44));
}

TEST(Expand, administration_of_servers_is_not_access_to_them)
{
    EXPECT_THAT(expanded({"admin:servers"}, user("ada")), Not(Contains("access:servers")));
    EXPECT_THAT(expanded({"admin:users"}, user("ada")), Not(Contains("tokens")));
}

TEST(Expand, self_is_the_fourteen_things_of_ones_own)
{
    EXPECT_THAT(expanded({"self"}, user("ada")),
                ElementsAre("access:servers!user=ada", "delete:servers!user=ada", "read:servers!user=ada",
                            "read:shares!user=ada", "read:tokens!user=ada", "read:users!user=ada",
                            "read:users:activity!user=ada", "read:users:groups!user=ada", "read:users:name!user=ada",
                            "read:users:shares!user=ada", "servers!user=ada", "tokens!user=ada",
                            "users:activity!user=ada", "users:shares!user=ada"));
    EXPECT_THAT(expanded({"self"}, service("culler")), IsEmpty());
}

TEST(Expand, placeholders_stand_for_owner_and_client)
{
    EXPECT_THAT(expanded({"read:tokens!user"}, user("ada")), ElementsAre("read:tokens!user=ada"));
    EXPECT_THAT(expanded({"access:servers!server"}, user("ada"), server_client("bob", "lab")),
                ElementsAre("access:servers!server=bob/lab"));
    EXPECT_THAT(expanded({"access:servers!server"}, user("ada"), server_client("bob")),
                ElementsAre("access:servers!server=bob/"));
    EXPECT_THAT(expanded({"access:services!service"}, service("culler"), service_client("grader")),
                ElementsAre("access:services!service=grader"));
    EXPECT_THAT(expanded({"access:services!service"}, service("culler")),
                ElementsAre("access:services!service=culler"));
}

TEST(Expand, what_stands_for_nobody_grants_nothing_and_is_reported)
{
    Texts const raw{"users!user", "access:servers!server", "nonsense", "users!group=", "users!planet=mars"};
    Expansion const expansion = expand(raw, service("culler"), Client{}, builtin());
    EXPECT_TRUE(expansion.scopes.empty());
    EXPECT_THAT(expansion.dropped, SizeIs(5));
}

TEST(Expand, an_unfiltered_scope_replaces_its_filtered_forms_only)
{
    EXPECT_THAT(expanded({"read:tokens!user=ada", "read:tokens", "proxy", "read:hub!user=ada"}, user("ada")),
                ElementsAre("proxy", "read:hub!user=ada", "read:tokens"));
}

TEST(Expand, inherit_stays_as_it_is) { EXPECT_THAT(expanded({"inherit"}, user("ada")), ElementsAre("inherit")); }

TEST(Expand, names_may_hold_equals_signs_and_marks)
{
    EXPECT_THAT(expanded({"read:tokens!user=a=b!c"}, user("ada")), ElementsAre("read:tokens!user=a=b!c"));
}

} // namespace
} // namespace jhub::rbac

#include <gmock/gmock.h>

#include "store/groups.hpp"
#include "store/overview.hpp"
#include "store/roles.hpp"
#include "store/services.hpp"
#include "store/support.hpp"
#include "store/users.hpp"

namespace jhub::store {
namespace {

using model::HolderKind;
using testing::ElementsAre;

std::vector<std::string> names(std::vector<model::Role> const& roles)
{
    std::vector<std::string> result;
    for (model::Role const& role : roles)
        result.push_back(role.name);
    return result;
}

class GroupsAndRoles : public StoreTest {
  protected:
    void SetUp() override
    {
        StoreTest::SetUp();
        write([this](Transaction& t) {
            ada = insert_user(t, {.name = "ada", .cookie_id = "a"});
            bob = insert_user(t, {.name = "bob", .cookie_id = "b"});
            staff = insert_group(t, {.name = "staff", .properties = Json{{"floor", 3}}});
            return 0;
        });
    }
    std::int64_t ada = 0, bob = 0, staff = 0;
};

TEST_F(GroupsAndRoles, members_come_and_go)
{
    write([this](Transaction& t) {
        add_group_member(t, staff, bob);
        add_group_member(t, staff, ada);
        add_group_member(t, staff, ada);
        return 0;
    });
    EXPECT_EQ(look("SELECT group_concat(user_id) FROM (SELECT user_id FROM user_group_map ORDER BY user_id)"),
              std::to_string(ada) + "," + std::to_string(bob));
    EXPECT_TRUE(write([this](Transaction& t) { return remove_group_member(t, staff, bob); }));
    EXPECT_FALSE(write([this](Transaction& t) { return remove_group_member(t, staff, bob); }));
    EXPECT_EQ(look("SELECT group_concat(user_id) FROM user_group_map"), std::to_string(ada));
}

TEST_F(GroupsAndRoles, the_authenticator_sets_membership_exactly)
{
    write([this](Transaction& t) {
        add_group_member(t, staff, ada);
        set_groups_of_user(t, ada, {"new", "newer"});
        return 0;
    });
    std::vector<std::string> groups;
    for (auto const& group : read([this](Transaction& t) { return groups_of_user(t, ada); }))
        groups.push_back(group.name);
    EXPECT_THAT(groups, ElementsAre("new", "newer"));
    EXPECT_EQ(read([](Transaction& t) { return count_groups(t); }), 3) << "the one that was left stays";
}

TEST_F(GroupsAndRoles, groups_are_listed_and_changed)
{
    write([this](Transaction& t) { return set_group_properties(t, staff, Json{{"floor", 4}}); });
    write([](Transaction& t) { return insert_group(t, {.name = "guests"}); });
    EXPECT_EQ(read([](Transaction& t) { return find_group(t, "staff").value().properties; }), (Json{{"floor", 4}}));
    EXPECT_EQ(look("SELECT properties FROM groups WHERE name = 'guests'"), "{}");
    auto const page = read([](Transaction& t) { return list_group_overviews(t, {.offset = 1, .limit = 1}); });
    ASSERT_EQ(page.size(), 1U);
    EXPECT_EQ(page[0].group.name, "guests");
    EXPECT_EQ(read([](Transaction& t) { return list_groups(t, {.names = std::vector<std::string>{"staff"}}).size(); }),
              1U);
}

TEST_F(GroupsAndRoles, a_deleted_group_leaves_no_membership)
{
    write([this](Transaction& t) {
        add_group_member(t, staff, ada);
        grant_role(t, HolderKind::group, staff, upsert_role(t, {.name = "teacher"}));
        return delete_group(t, staff);
    });
    EXPECT_EQ(look("SELECT (SELECT count(*) FROM user_group_map) || (SELECT count(*) FROM group_role_map)"), "00");
}

TEST_F(GroupsAndRoles, a_role_is_updated_by_name)
{
    std::int64_t const first =
        write([](Transaction& t) { return upsert_role(t, {.name = "r", .scopes = {"b", "a"}}); });
    std::int64_t const second = write([](Transaction& t) {
        return upsert_role(t, {.name = "r", .description = "d", .scopes = {"c"}, .managed_by_auth = true});
    });
    EXPECT_EQ(first, second);
    auto const role = read([](Transaction& t) { return find_role(t, "r").value(); });
    EXPECT_EQ(role.description, "d");
    EXPECT_TRUE(role.managed_by_auth);
    EXPECT_THAT(role.scopes, ElementsAre("c"));
}

TEST_F(GroupsAndRoles, a_user_has_own_roles_and_those_of_the_groups)
{
    write([this](Transaction& t) {
        std::int64_t const user_role = upsert_role(t, {.name = "user"});
        std::int64_t const teacher = upsert_role(t, {.name = "teacher"});
        upsert_role(t, {.name = "unused"});
        add_group_member(t, staff, ada);
        grant_role(t, HolderKind::user, ada, user_role);
        grant_role(t, HolderKind::group, staff, teacher);
        grant_role(t, HolderKind::group, staff, user_role);
        return 0;
    });
    EXPECT_THAT(names(read([this](Transaction& t) { return roles_of_user(t, ada); })), ElementsAre("user", "teacher"));
    EXPECT_THAT(names(read([this](Transaction& t) { return roles_of(t, HolderKind::user, ada); })),
                ElementsAre("user"));
    EXPECT_THAT(names(read([this](Transaction& t) { return roles_of_user(t, bob); })), ElementsAre());
}

TEST_F(GroupsAndRoles, every_kind_of_holder_has_its_own_map)
{
    write([this](Transaction& t) {
        std::int64_t const service = upsert_service(t, {.name = "cull"});
        std::int64_t const role = upsert_role(t, {.name = "r"});
        EXPECT_TRUE(grant_role(t, HolderKind::user, bob, role));
        EXPECT_FALSE(grant_role(t, HolderKind::user, bob, role)) << "held already";
        EXPECT_TRUE(grant_role(t, HolderKind::group, staff, role));
        EXPECT_TRUE(grant_role(t, HolderKind::service, service, role));
        EXPECT_THAT(role_holders(t, HolderKind::user, role), ElementsAre("bob"));
        EXPECT_THAT(role_holders(t, HolderKind::group, role), ElementsAre("staff"));
        EXPECT_THAT(role_holders(t, HolderKind::service, role), ElementsAre("cull"));
        EXPECT_TRUE(strip_role(t, HolderKind::group, staff, role));
        EXPECT_FALSE(strip_role(t, HolderKind::group, staff, role));
        return 0;
    });
    EXPECT_TRUE(write([](Transaction& t) { return delete_role(t, "r"); }));
    EXPECT_EQ(look("SELECT (SELECT count(*) FROM user_role_map) || (SELECT count(*) FROM service_role_map)"), "00");
}

TEST_F(GroupsAndRoles, holders_of_a_configured_role_become_exactly_those_named)
{
    write([this](Transaction& t) {
        std::int64_t const role = upsert_role(t, {.name = "r"});
        grant_role(t, HolderKind::user, ada, role);
        set_role_holders(t, HolderKind::user, role, {bob});
        return 0;
    });
    EXPECT_EQ(look("SELECT group_concat(user_id) FROM user_role_map"), std::to_string(bob));
}

} // namespace
} // namespace jhub::store

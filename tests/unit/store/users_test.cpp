#include <gmock/gmock.h>

#include "store/groups.hpp"
#include "store/overview.hpp"
#include "store/roles.hpp"
#include "store/spawners.hpp"
#include "store/support.hpp"
#include "store/tokens.hpp"
#include "store/users.hpp"

namespace jhub::store {
namespace {

using testing::ElementsAre;

class Users : public StoreTest {
  protected:
    std::int64_t add(std::string name, std::optional<Timestamp> last_activity = {})
    {
        model::User user{.name = name, .last_activity = last_activity, .cookie_id = "cookie-" + name};
        return write([user](Transaction& transaction) { return insert_user(transaction, user); });
    }
    std::vector<std::string> names(UserQuery query)
    {
        std::vector<std::string> result;
        for (model::User const& user :
             read([query](Transaction& transaction) { return list_users(transaction, query); }))
            result.push_back(user.name);
        return result;
    }
    std::int64_t count(UserQuery query)
    {
        return read([query](Transaction& transaction) { return count_users(transaction, query); });
    }
    // With a running default server.
    void start_server(std::int64_t user_id)
    {
        write([user_id](Transaction& transaction) {
            model::SpawnerRow const spawner = ensure_spawner(transaction, user_id, "");
            return begin_spawn(transaction, {.spawner_id = spawner.id,
                                             .server = {.port = 1234, .base_url = "/user/x/"},
                                             .now = at("2026-01-01T00:00:00Z")});
        });
    }
};

TEST_F(Users, are_found_by_name_id_and_cookie)
{
    std::int64_t const id = add("ada");
    EXPECT_EQ(read([](Transaction& t) { return find_user(t, "ada").value().id; }), id);
    EXPECT_EQ(read([id](Transaction& t) { return find_user_by_id(t, id).value().name; }), "ada");
    EXPECT_EQ(read([](Transaction& t) { return find_user_by_cookie_id(t, "cookie-ada").value().name; }), "ada");
    EXPECT_FALSE(read([](Transaction& t) { return find_user(t, "Ada").has_value(); }));
}

TEST_F(Users, a_name_is_taken_once)
{
    add("ada");
    auto const again =
        store->write_now([](Transaction& t) { return insert_user(t, {.name = "ada", .cookie_id = "d"}); });
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, Errc::conflict);
    EXPECT_EQ(again.error().message.find("UNIQUE"), std::string::npos) << "SQL words are for the log";
    EXPECT_NE(again.error().detail.find("users.name"), std::string::npos);
}

TEST_F(Users, changes_are_kept)
{
    std::int64_t const id = add("ada");
    EXPECT_TRUE(write([id](Transaction& t) {
        model::User user = find_user_by_id(t, id).value();
        user.name = "ada.l";
        user.admin = true;
        user.encrypted_auth_state = "secret";
        return update_user(t, user);
    }));
    auto const user = read([id](Transaction& t) { return find_user_by_id(t, id).value(); });
    EXPECT_EQ(user.name, "ada.l");
    EXPECT_TRUE(user.admin);
    EXPECT_EQ(user.encrypted_auth_state, "secret");
    EXPECT_FALSE(write([](Transaction& t) { return set_user_admin(t, 99, true); }));
}

TEST_F(Users, are_listed_in_pages_and_orders)
{
    add("bob", at("2026-01-02T00:00:00Z"));
    add("ada", at("2026-01-03T00:00:00Z"));
    add("eve");
    EXPECT_THAT(names({}), ElementsAre("bob", "ada", "eve"));
    EXPECT_THAT(names({.sort = UserSort::name}), ElementsAre("ada", "bob", "eve"));
    EXPECT_THAT(names({.sort = UserSort::name, .descending = true}), ElementsAre("eve", "bob", "ada"));
    EXPECT_THAT(names({.sort = UserSort::last_activity}), ElementsAre("eve", "bob", "ada"));
    EXPECT_THAT(names({.sort = UserSort::last_activity, .descending = true}), ElementsAre("ada", "bob", "eve"));
    EXPECT_THAT(names({.offset = 1, .limit = 1}), ElementsAre("ada"));
    EXPECT_THAT(names({.offset = 2}), ElementsAre("eve"));
    EXPECT_THAT(names({.limit = 0}), ElementsAre());
    EXPECT_EQ(count({.offset = 1, .limit = 1}), 3);
}

TEST_F(Users, are_filtered_by_name_ignoring_case)
{
    add("Adam");
    add("ada");
    add("bob");
    EXPECT_THAT(names({.name_filter = "AD"}), ElementsAre("Adam", "ada"));
    EXPECT_EQ(count({.name_filter = "AD"}), 2);
}

TEST_F(Users, are_filtered_by_the_state_of_their_servers)
{
    start_server(add("ada"));
    add("bob");
    EXPECT_THAT(names({.state = UserState::active}), ElementsAre("ada"));
    EXPECT_THAT(names({.state = UserState::inactive}), ElementsAre("bob"));
    EXPECT_EQ(count({.state = UserState::active}), 1);
}

TEST_F(Users, a_scope_filter_admits_named_users_or_members_of_groups)
{
    add("ada");
    std::int64_t const bob = add("bob");
    add("eve");
    write([bob](Transaction& t) {
        std::int64_t const group = insert_group(t, {.name = "staff"});
        add_group_member(t, group, bob);
        return group;
    });
    EXPECT_THAT(names({.names = std::vector<std::string>{"ada"}}), ElementsAre("ada"));
    EXPECT_THAT(names({.groups = std::vector<std::string>{"staff"}}), ElementsAre("bob"));
    EXPECT_THAT(names({.names = std::vector<std::string>{"ada"}, .groups = std::vector<std::string>{"staff"}}),
                ElementsAre("ada", "bob"));
    EXPECT_THAT(names({.names = std::vector<std::string>{}}), ElementsAre());
}

TEST_F(Users, activity_moves_forward_only)
{
    std::int64_t const id = add("ada");
    auto const touched = [&](std::string_view time) {
        Timestamp const seen = at(time);
        write([id, seen](Transaction& t) {
            touch_users(t, {{id, seen}, {id + 100, seen}});
            return 0;
        });
        return look("SELECT last_activity FROM users");
    };
    EXPECT_EQ(touched("2026-01-02T00:00:00.5Z"), "2026-01-02 00:00:00.500000");
    EXPECT_EQ(touched("2026-01-01T00:00:00Z"), "2026-01-02 00:00:00.500000");
    EXPECT_EQ(touched("2026-01-02T00:00:01Z"), "2026-01-02 00:00:01.000000");
}

TEST_F(Users, an_overview_has_roles_groups_and_all_servers)
{
    std::int64_t const ada = add("ada");
    add("bob");
    start_server(ada);
    write([ada](Transaction& t) {
        grant_role(t, model::HolderKind::user, ada, upsert_role(t, {.name = "user"}));
        set_groups_of_user(t, ada, {"staff"});
        ensure_spawner(t, ada, "gpu");
        return 0;
    });
    auto const page = read([](Transaction& t) { return list_user_overviews(t, {}); });
    ASSERT_EQ(page.size(), 2U);
    EXPECT_THAT(page[0].roles, ElementsAre("user"));
    EXPECT_THAT(page[0].groups, ElementsAre("staff"));
    ASSERT_EQ(page[0].servers.size(), 2U);
    EXPECT_EQ(page[0].servers[0].server.value().port, 1234);
    EXPECT_EQ(page[0].servers[1].spawner.name, "gpu");
    EXPECT_FALSE(page[0].servers[1].server.has_value());
    EXPECT_EQ(page[1].user.name, "bob");
    EXPECT_TRUE(page[1].servers.empty());
    EXPECT_EQ(read([](Transaction& t) { return load_user_overview(t, "ada").value().servers.size(); }), 2U);
    EXPECT_FALSE(read([](Transaction& t) { return load_user_overview(t, "eve").has_value(); }));
}

TEST_F(Users, a_deleted_user_leaves_nothing_behind)
{
    std::int64_t const ada = add("ada");
    std::int64_t const bob = add("bob");
    start_server(bob);
    write([ada](Transaction& t) {
        model::SpawnerRow const spawner = ensure_spawner(t, ada, "");
        begin_spawn(t, {.spawner_id = spawner.id,
                        .server = {.base_url = "/user/ada/"},
                        .now = at("2026-01-01T00:00:00Z"),
                        .token = model::ApiToken{.user_id = ada, .hashed = "h", .client_id = "jupyterhub-user-ada"},
                        .client = model::OAuthClient{.identifier = "jupyterhub-user-ada"}});
        set_groups_of_user(t, ada, {"staff"});
        grant_role(t, model::HolderKind::user, ada, upsert_role(t, {.name = "user"}));
        return 0;
    });
    EXPECT_TRUE(write([ada](Transaction& t) { return delete_user(t, ada); }));
    EXPECT_FALSE(write([ada](Transaction& t) { return delete_user(t, ada); }));
    EXPECT_EQ(look("SELECT (SELECT count(*) FROM api_tokens) || (SELECT count(*) FROM oauth_clients) || "
                   "(SELECT count(*) FROM user_role_map) || (SELECT count(*) FROM user_group_map)"),
              "0000");
    EXPECT_EQ(look("SELECT group_concat(user_id) FROM spawners"), std::to_string(bob));
    EXPECT_EQ(look("SELECT count(*) FROM servers"), "1") << "bob's";
}

} // namespace
} // namespace jhub::store

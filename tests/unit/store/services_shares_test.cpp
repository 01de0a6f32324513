#include <gmock/gmock.h>

#include "store/groups.hpp"
#include "store/oauth.hpp"
#include "store/servers.hpp"
#include "store/services.hpp"
#include "store/session.hpp"
#include "store/shares.hpp"
#include "store/spawners.hpp"
#include "store/support.hpp"
#include "store/tokens.hpp"
#include "store/users.hpp"

namespace jhub::store {
namespace {

using testing::ElementsAre;

class Services : public StoreTest {
  protected:
    // As the Python hub does for services with a URL.
    static void give_server(Transaction& t, std::int64_t service)
    {
        t.session().update("services", service, {{"_server_id", insert_server(t, {.port = 1})}});
    }
};

TEST_F(Services, what_a_definition_does_not_say_stays_null)
{
    write([](Transaction& t) { return upsert_service(t, {.name = "cull"}); });
    EXPECT_EQ(look("SELECT (url IS NULL) + (info IS NULL) + (display IS NULL) + (command IS NULL) + "
                   "(oauth_client_allowed_scopes IS NULL) + (\"user\" IS NULL) + (cwd IS NULL) FROM services"),
              "7");
    auto const service = read([](Transaction& t) { return find_service(t, "cull").value(); });
    EXPECT_EQ(service.display, std::nullopt);
    EXPECT_TRUE(service.from_config);
}

TEST_F(Services, are_updated_by_name_and_keep_their_server)
{
    write([](Transaction& t) {
        upsert_oauth_client(t, {.identifier = "service-x"});
        std::int64_t const id = upsert_service(t, {.name = "x"});
        give_server(t, id);
        return upsert_service(t, {.name = "x",
                                  .url = "http://127.0.0.1:9",
                                  .info = Json{{"a", 1}},
                                  .display = false,
                                  .command = std::vector<std::string>{"run", "it"},
                                  .user = "nobody",
                                  .oauth_client_id = "service-x"});
    });
    auto const service = read([](Transaction& t) { return find_service(t, "x").value(); });
    EXPECT_EQ(service.url, "http://127.0.0.1:9");
    EXPECT_EQ(service.info, (Json{{"a", 1}}));
    EXPECT_EQ(service.display, false);
    EXPECT_EQ(service.user, "nobody");
    EXPECT_THAT(service.command.value(), ElementsAre("run", "it"));
    EXPECT_TRUE(service.server_id.has_value());
}

TEST_F(Services, those_the_configuration_no_longer_names_go_with_all_they_had)
{
    auto const deleted = write([](Transaction& t) {
        upsert_oauth_client(t, {.identifier = "jupyterhub"});
        upsert_oauth_client(t, {.identifier = "service-old"});
        upsert_service(t, {.name = "kept"});
        upsert_service(t, {.name = "by-api", .from_config = false});
        std::int64_t const old = upsert_service(t, {.name = "old", .oauth_client_id = "service-old"});
        give_server(t, old);
        insert_token(t, {.service_id = old, .hashed = "h", .client_id = "jupyterhub"});
        return delete_unconfigured_services(t, {"kept"});
    });
    EXPECT_THAT(deleted, ElementsAre("old"));
    EXPECT_EQ(look("SELECT group_concat(name) FROM (SELECT name FROM services ORDER BY id)"), "kept,by-api");
    EXPECT_EQ(look("SELECT (SELECT count(*) FROM servers) || (SELECT count(*) FROM api_tokens) || "
                   "(SELECT group_concat(identifier) FROM oauth_clients)"),
              "00jupyterhub");
}

class Shares : public StoreTest {
  protected:
    void SetUp() override
    {
        StoreTest::SetUp();
        write([this](Transaction& t) {
            owner = insert_user(t, {.name = "ada", .cookie_id = "a"});
            friend_id = insert_user(t, {.name = "bob", .cookie_id = "b"});
            group = insert_group(t, {.name = "staff"});
            spawner = ensure_spawner(t, owner, "gpu").id;
            return 0;
        });
    }
    void grant(ShareReceiver receiver, std::vector<std::string> scopes)
    {
        write([=, this](Transaction& t) { return grant_share(t, owner, spawner, receiver, scopes, now); });
    }
    std::int64_t owner = 0, friend_id = 0, group = 0, spawner = 0;
    Timestamp now = at("2026-01-02T03:04:05Z");
};

TEST_F(Shares, grants_add_up_and_are_sorted)
{
    grant({.user_id = friend_id}, {"b", "a"});
    grant({.user_id = friend_id}, {"c", "a"});
    EXPECT_EQ(look("SELECT scopes FROM shares"), R"(["a", "b", "c"])");
    EXPECT_EQ(look("SELECT count(*) FROM shares"), "1");
    auto const share = read([this](Transaction& t) { return find_share(t, {.user_id = friend_id}).value(); });
    EXPECT_EQ(share.owner_name, "ada");
    EXPECT_EQ(share.user_name, "bob");
    EXPECT_EQ(share.group_name, std::nullopt);
    EXPECT_EQ(share.spawner.name, "gpu");
    EXPECT_EQ(share.share.created_at, now);
}

TEST_F(Shares, revoking_the_last_scope_ends_the_share)
{
    ShareReceiver const bob{.user_id = friend_id};
    grant(bob, {"a", "b"});
    auto const revoke = [&](std::vector<std::string> scopes) {
        return write([=, this](Transaction& t) { return revoke_share(t, spawner, bob, scopes); });
    };
    EXPECT_THAT(revoke({"a", "unknown"}).value().scopes, ElementsAre("b"));
    EXPECT_FALSE(revoke({"b"}).has_value());
    EXPECT_EQ(look("SELECT count(*) FROM shares"), "0");
    grant(bob, {"a", "b"});
    EXPECT_FALSE(revoke({}).has_value()) << "no scopes named: all";
    EXPECT_EQ(look("SELECT count(*) FROM shares"), "0");
}

TEST_F(Shares, to_a_group_reach_its_members_when_asked_so)
{
    grant({.group_id = group}, {"a"});
    write([this](Transaction& t) {
        add_group_member(t, group, friend_id);
        return 0;
    });
    auto const count = [this](ShareQuery query) {
        return read([query](Transaction& t) { return count_shares(t, query); });
    };
    EXPECT_EQ(count({.user_id = friend_id}), 0);
    EXPECT_EQ(count({.user_id = friend_id, .through_groups = true}), 1);
    EXPECT_EQ(count({.group_id = group}), 1);
    EXPECT_EQ(count({.owner_id = owner}), 1);
    EXPECT_EQ(count({.owner_id = friend_id}), 0);
}

TEST_F(Shares, of_a_deleted_user_or_group_go)
{
    grant({.user_id = friend_id}, {"a"});
    grant({.group_id = group}, {"a"});
    write([this](Transaction& t) { return delete_group(t, group) && delete_user(t, friend_id); });
    EXPECT_EQ(look("SELECT count(*) FROM shares"), "0");
}

TEST_F(Shares, codes_are_found_until_they_expire_and_counted)
{
    model::ShareCode const code{.created_at = now,
                                .scopes = {"b", "a"},
                                .expires_at = now,
                                .hashed = "h",
                                .prefix = "abcd",
                                .owner_id = owner,
                                .spawner_id = spawner};
    std::int64_t const id = write([code](Transaction& t) { return insert_share_code(t, code); });
    auto const found = [this](Timestamp when) {
        return read([when](Transaction& t) { return find_share_codes_by_prefix(t, "abcd", when).size(); });
    };
    EXPECT_EQ(found(now), 1U);
    EXPECT_EQ(found(now + std::chrono::microseconds(1)), 0U);
    write([id, this](Transaction& t) {
        count_share_code_exchange(t, id, now);
        return 0;
    });
    auto const listed = read([this](Transaction& t) { return list_share_codes(t, {.spawner_id = spawner}); });
    ASSERT_EQ(listed.size(), 1U);
    EXPECT_EQ(listed[0].code.exchange_count, 1);
    EXPECT_EQ(listed[0].code.last_exchanged_at, now);
    EXPECT_THAT(listed[0].code.scopes, ElementsAre("a", "b"));
    EXPECT_EQ(listed[0].owner_name, "ada");
    Purged const purged = write([this](Transaction& t) { return purge_expired(t, now + std::chrono::hours(1)); });
    EXPECT_EQ(purged.share_codes, 1);
}

} // namespace
} // namespace jhub::store

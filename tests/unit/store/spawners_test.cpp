// The writes of a server's life, and what a restarted hub finds.
#include "store/oauth.hpp"
#include "store/own_tables.hpp"
#include "store/servers.hpp"
#include "store/shares.hpp"
#include "store/spawners.hpp"
#include "store/support.hpp"
#include "store/tokens.hpp"
#include "store/users.hpp"

namespace jhub::store {
namespace {

class Spawners : public StoreTest {
  protected:
    void SetUp() override
    {
        StoreTest::SetUp();
        write([this](Transaction& t) {
            user = insert_user(t, {.name = "ada", .cookie_id = "c"});
            spawner = ensure_spawner(t, user, "").id;
            return 0;
        });
    }

    SpawnIds begin()
    {
        SpawnStart const start{
            .spawner_id = spawner,
            .server = {.base_url = "/user/ada/"},
            .now = now,
            .user_options = Json{{"profile", "big"}},
            .token = model::ApiToken{.user_id = user,
                                     .hashed = "sha512:1:a:b",
                                     .prefix = "abcd",
                                     .client_id = "jupyterhub-user-ada",
                                     .note = "Server at /user/ada/"},
            .client = model::OAuthClient{.identifier = "jupyterhub-user-ada", .secret = "sha512:16384:a:b"}};
        return write([start](Transaction& t) { return begin_spawn(t, start); });
    }
    model::SpawnerRow row()
    {
        return read([this](Transaction& t) { return find_spawner_by_id(t, spawner).value(); });
    }

    std::int64_t user = 0;
    std::int64_t spawner = 0;
    Timestamp now = at("2026-01-02T03:04:05.5Z");
};

TEST_F(Spawners, are_made_once_a_name)
{
    EXPECT_EQ(write([this](Transaction& t) { return ensure_spawner(t, user, "").id; }), spawner);
    std::int64_t const named = write([this](Transaction& t) { return ensure_spawner(t, user, "gpu").id; });
    EXPECT_NE(named, spawner);
    EXPECT_EQ(look("SELECT state FROM spawners"), "{}");
    EXPECT_EQ(look("SELECT user_options FROM spawners"), "NULL");
}

TEST_F(Spawners, a_start_is_written_before_it_happens)
{
    SpawnIds const ids = begin();
    model::SpawnerRow const started = row();
    EXPECT_EQ(started.server_id, ids.server_id);
    EXPECT_EQ(started.started, now);
    EXPECT_EQ(started.last_activity, now);
    EXPECT_EQ(started.user_options, (Json{{"profile", "big"}}));
    EXPECT_EQ(started.oauth_client_id, "jupyterhub-user-ada");
    EXPECT_TRUE(ids.token_id.has_value());
    EXPECT_EQ(look("SELECT last_activity FROM users"), "2026-01-02 03:04:05.500000");
}

TEST_F(Spawners, a_start_without_options_keeps_the_stored_ones)
{
    model::SpawnerRow stored = row();
    stored.user_options = Json{{"stored", true}};
    write([&](Transaction& t) { return update_spawner(t, stored); });
    write([this](Transaction& t) { return begin_spawn(t, {.spawner_id = spawner, .now = now}); });
    EXPECT_EQ(row().user_options, (Json{{"stored", true}}));
}

TEST_F(Spawners, a_start_of_an_unknown_row_changes_nothing)
{
    auto const refused = store->write_now([this](Transaction& t) {
        insert_server(t, {});
        return begin_spawn(t, {.spawner_id = 99, .now = now});
    });
    EXPECT_FALSE(refused);
    EXPECT_EQ(look("SELECT count(*) FROM servers"), "0");
}

TEST_F(Spawners, a_running_server_is_found_by_a_restarted_hub)
{
    begin();
    EXPECT_TRUE(write([this](Transaction& t) {
        return finish_spawn(t, spawner, {.proto = "http", .ip = "127.0.0.1", .port = 4321}, Json{{"pid", 77}});
    }));
    open(); // the restart
    auto const running = read([](Transaction& t) { return running_spawners(t); });
    ASSERT_EQ(running.size(), 1U);
    EXPECT_EQ(running[0].user.name, "ada");
    EXPECT_EQ(running[0].server.port, 4321);
    EXPECT_EQ(running[0].server.base_url, "/user/ada/") << "the endpoint does not change the path";
    EXPECT_EQ(running[0].spawner.state, (Json{{"pid", 77}}));
}

TEST_F(Spawners, a_stop_takes_server_token_and_client_away)
{
    SpawnIds const ids = begin();
    write([this](Transaction& t) {
        save_process(t, {.spawner_id = spawner, .pid = 7});
        return 0;
    });
    Timestamp const later = now + std::chrono::hours(1);
    EXPECT_TRUE(write([&](Transaction& t) {
        return finish_stop(t, {.spawner_id = spawner, .now = later, .token_id = ids.token_id});
    }));
    model::SpawnerRow const stopped = row();
    EXPECT_EQ(stopped.server_id, std::nullopt);
    EXPECT_EQ(stopped.started, std::nullopt);
    EXPECT_EQ(stopped.last_activity, later);
    EXPECT_EQ(stopped.oauth_client_id, std::nullopt);
    EXPECT_EQ(look("SELECT (SELECT count(*) FROM servers) || (SELECT count(*) FROM api_tokens) || "
                   "(SELECT count(*) FROM oauth_clients) || (SELECT count(*) FROM jhub_processes)"),
              "0000");
}

TEST_F(Spawners, a_stop_after_a_restart_finds_the_token_by_its_note)
{
    begin();
    write([this](Transaction& t) { // a token for plain API use must survive
        upsert_oauth_client(t, {.identifier = "jupyterhub"});
        return insert_token(t, {.user_id = user, .hashed = "mine", .client_id = "jupyterhub", .note = "mine"});
    });
    write([this](Transaction& t) {
        return finish_stop(t, {.spawner_id = spawner, .now = now, .token_note = "Server at /user/ada/"});
    });
    EXPECT_EQ(look("SELECT group_concat(note) FROM api_tokens"), "mine");
}

TEST_F(Spawners, a_server_that_will_resume_keeps_token_and_client)
{
    SpawnIds const ids = begin();
    write([&](Transaction& t) {
        return finish_stop(t, {.spawner_id = spawner, .now = now, .will_resume = true, .token_id = ids.token_id});
    });
    EXPECT_EQ(row().oauth_client_id, "jupyterhub-user-ada");
    EXPECT_EQ(look("SELECT (SELECT count(*) FROM servers) || (SELECT count(*) FROM api_tokens)"), "01");
}

TEST_F(Spawners, a_second_start_replaces_the_server_row)
{
    begin();
    write([this](Transaction& t) { return begin_spawn(t, {.spawner_id = spawner, .now = now}); });
    EXPECT_EQ(look("SELECT count(*) FROM servers"), "1");
}

TEST_F(Spawners, a_deleted_row_takes_everything_that_hangs_on_it)
{
    begin();
    write([this](Transaction& t) {
        std::int64_t const friend_id = insert_user(t, {.name = "bob", .cookie_id = "d"});
        grant_share(t, user, spawner, {.user_id = friend_id}, {"access:servers!server=ada/"}, now);
        insert_share_code(t, {.created_at = now, .hashed = "h", .owner_id = user, .spawner_id = spawner});
        save_process(t, {.spawner_id = spawner, .pid = 7});
        return 0;
    });
    EXPECT_TRUE(write([this](Transaction& t) { return delete_spawner(t, spawner); }));
    for (char const* table :
         {"spawners", "servers", "oauth_clients", "api_tokens", "shares", "share_codes", "jhub_processes"})
        EXPECT_EQ(look(std::string("SELECT count(*) FROM ") + table), "0") << table;
}

TEST_F(Spawners, processes_are_remembered_until_replaced)
{
    ProcessRow const process{.spawner_id = spawner,
                             .pid = 4711,
                             .start_time = 123456789012,
                             .boot_id = "0b1c",
                             .uid = 1000,
                             .log_path = "/var/log/ada.log"};
    write([&](Transaction& t) {
        save_process(t, {.spawner_id = spawner, .pid = 1});
        save_process(t, process);
        return 0;
    });
    auto const all = read([](Transaction& t) { return list_processes(t); });
    ASSERT_EQ(all.size(), 1U);
    ProcessRow const& found = all.front();
    EXPECT_EQ(found.spawner_id, spawner);
    EXPECT_EQ(found.pid, 4711);
    EXPECT_EQ(found.start_time, 123456789012U);
    EXPECT_EQ(found.boot_id, "0b1c");
    EXPECT_EQ(found.uid, 1000U);
    EXPECT_EQ(found.log_path, "/var/log/ada.log");
}

TEST_F(Spawners, settings_are_kept_by_key)
{
    write([](Transaction& t) {
        save_setting(t, "a", "1");
        save_setting(t, "a", "2");
        return 0;
    });
    EXPECT_EQ(read([](Transaction& t) { return find_setting(t, "a"); }), "2");
    EXPECT_EQ(read([](Transaction& t) { return find_setting(t, "b"); }), std::nullopt);
}

} // namespace
} // namespace jhub::store

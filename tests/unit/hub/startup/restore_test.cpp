// Servers over the death of their hub (reference spawner.md §11).
#include "hub/core/route_check.hpp"
#include "hub/startup/restore.hpp"
#include "hub/support/test_hub.hpp"
#include "store/own_tables.hpp"

namespace jhub::hub {
namespace {

class Restore : public TestHub {
  protected:
    void restart()
    {
        kill_hub();
        run(restore_servers(hub()));
    }
};

TEST_F(Restore, a_server_that_lives_is_taken_over_and_routed_again)
{
    start_server("ada");
    auto const started = server_of("ada")->started;
    auto const token = spawner.variable("ada", "JUPYTERHUB_API_TOKEN");
    proxy.routes.clear();
    clock.advance(1h);
    restart();
    auto const live = server_of("ada");
    ASSERT_TRUE(live);
    EXPECT_TRUE(live->ready());
    EXPECT_EQ(live->started, started);
    EXPECT_EQ(live->url, server.url());
    EXPECT_EQ(proxy.target("/user/ada"), server.url());
    EXPECT_EQ(spawner.starts(), 1U) << "it was not started a second time";
    TestClient own = browser();
    own.token = token;
    EXPECT_EQ(own.get("/hub/api/user").status, 200) << "its token goes on working";
}

TEST_F(Restore, a_server_that_was_taken_over_can_be_stopped)
{
    TestClient ada = login("ada");
    start_server("ada");
    restart();
    EXPECT_EQ(ada.delete_("/hub/api/users/ada/server").status, 204) << "the login survives, too";
    EXPECT_FALSE(spawner.running("ada"));
    EXPECT_EQ(look("SELECT count(*) FROM api_tokens WHERE note LIKE 'Server at%'"), "0")
        << "also the token that the new hub never saw";
}

TEST_F(Restore, a_server_that_died_meanwhile_is_cleaned_up)
{
    start_server("ada");
    spawner.exit("ada", 1, false);
    restart();
    EXPECT_FALSE(server_of("ada"));
    EXPECT_FALSE(proxy.routes.contains("/user/ada"));
    EXPECT_EQ(look("SELECT count(*) FROM servers"), "0");
    EXPECT_EQ(look("SELECT count(*) FROM jhub_processes"), "0");
    EXPECT_EQ(look("SELECT count(*) FROM oauth_clients WHERE identifier LIKE 'jupyterhub-user-%'"), "0");
    EXPECT_TRUE(start_server("ada")->ready()) << "and can be started again";
}

TEST_F(Restore, a_process_that_does_not_answer_is_stopped)
{
    settings.spawner.http_timeout = 0s;
    start_server("ada");
    server.status = http::Status::service_unavailable;
    restart();
    EXPECT_FALSE(spawner.running("ada"));
    EXPECT_FALSE(server_of("ada"));
}

TEST_F(Restore, the_server_of_a_blocked_person_is_stopped)
{
    start_server("eve");
    kill_hub();
    settings.authenticator.blocked_users = {"eve"};
    run(restore_servers(hub()));
    EXPECT_FALSE(spawner.running("eve"));
    EXPECT_FALSE(proxy.routes.contains("/user/eve"));
}

TEST_F(Restore, a_hub_killed_during_a_start_leaves_no_process_and_no_rows)
{
    settings.hub.tornado_settings.slow_spawn_timeout = 20ms;
    settings.spawner.http_timeout = 0s;
    TestClient ada = login("ada");
    server.status = http::Status::service_unavailable;
    settings.spawner.http_timeout = 60s;
    (void)ada.begin({"POST", "/hub/api/users/ada/server"});
    ASSERT_TRUE(until([&] { return spawner.running("ada") && look("SELECT count(*) FROM jhub_processes") == "1"; }));
    settings.spawner.http_timeout = 0s;
    restart();
    EXPECT_FALSE(spawner.running("ada")) << "found again by what was stored between fork and exec";
    EXPECT_EQ(look("SELECT count(*) FROM servers"), "0");
}

TEST_F(Restore, many_servers_are_checked_at_once)
{
    for (int i = 0; i < 20; ++i)
        start_server("user" + std::to_string(i));
    for (int i = 0; i < 20; i += 2)
        spawner.exit("user" + std::to_string(i), 1, false);
    restart();
    EXPECT_EQ(hub().servers.all().size(), 10U);
    for (auto const& live : hub().servers.all())
        EXPECT_TRUE(live->ready()) << live->label();
}

TEST_F(Restore, the_hub_does_not_wait_for_ever_for_a_check)
{
    settings.hub.init_spawners_timeout = 0s;
    start_server("ada");
    server.status = http::Status::service_unavailable;
    restart();
    ASSERT_TRUE(server_of("ada"));
    EXPECT_EQ(server_of("ada")->state, ServerState::checking);
    EXPECT_EQ(with_token("ada").get("/hub/api/users/ada").json()["pending"], "check");
    EXPECT_EQ(with_token("ada").post("/hub/api/users/ada/server").status, 400) << "pending check";
    ASSERT_TRUE(run(check_routes(hub())));
    EXPECT_TRUE(proxy.routes.contains("/user/ada")) << "its route is left alone meanwhile";
    server.status = http::Status::ok;
    EXPECT_TRUE(until([&] { return server_of("ada")->ready(); })) << "the check goes on";
}

TEST_F(Restore, a_stop_that_was_promised_is_kept_by_the_next_hub)
{
    settings.hub.tornado_settings.slow_stop_timeout = 20ms;
    settings.hub.allow_named_servers = true;
    TestClient ada = login("ada");
    start_server("ada");
    start_server("ada", "lab");
    start_server("ada", "kept");
    spawner.stopping = Stopping::slow;
    ASSERT_EQ(ada.delete_("/hub/api/users/ada/server").status, 202);
    ASSERT_EQ(ada.delete_("/hub/api/users/ada/servers/lab", {{"remove", true}}).status, 202);
    kill_hub();
    spawner.stopping = Stopping::at_once;
    restart();
    EXPECT_EQ(spawner.running(), (std::vector<std::string>{"ada:kept"}));
    EXPECT_EQ(proxy.routes.size(), 1U);
    EXPECT_TRUE(until([&] { return look("SELECT group_concat(name) FROM spawners ORDER BY id") == ",kept"; }));
    EXPECT_EQ(look("SELECT count(*) FROM jhub_settings WHERE key LIKE 'stopping:%'"), "0");
}

// The Python hub may have run in between: its start is another one.
TEST_F(Restore, a_promise_about_an_earlier_start_means_nothing)
{
    settings.hub.tornado_settings.slow_stop_timeout = 20ms;
    TestClient ada = login("ada");
    start_server("ada");
    spawner.stopping = Stopping::slow;
    ASSERT_EQ(ada.delete_("/hub/api/users/ada/server").status, 202);
    look("UPDATE spawners SET started = '2027-01-01 00:00:00.000000'");
    restart();
    EXPECT_TRUE(server_of("ada")->ready());
}

TEST_F(Restore, a_server_can_be_stopped_while_it_is_checked)
{
    settings.hub.init_spawners_timeout = 0s;
    start_server("ada");
    server.status = http::Status::service_unavailable;
    restart();
    ASSERT_EQ(server_of("ada")->state, ServerState::checking);
    EXPECT_EQ(with_token("ada").delete_("/hub/api/users/ada/server").status, 204);
    EXPECT_FALSE(spawner.running("ada"));
    EXPECT_FALSE(proxy.routes.contains("/user/ada"));
    EXPECT_EQ(look("SELECT count(*) FROM servers"), "0");
}

TEST_F(Restore, clients_of_services_that_are_no_more_are_deleted)
{
    config::ServiceSpec old;
    old.name = "old";
    old.url = "http://127.0.0.1:9000";
    settings.hub.services = {old};
    EXPECT_EQ(look("SELECT count(*) FROM oauth_clients WHERE identifier = 'service-old'"), "1");
    settings.hub.services.clear();
    restart();
    EXPECT_EQ(look("SELECT count(*) FROM oauth_clients WHERE identifier = 'service-old'"), "0");
    EXPECT_EQ(look("SELECT count(*) FROM oauth_clients WHERE identifier = 'jupyterhub'"), "1");
}

TEST_F(Restore, all_servers_stop_when_the_hub_takes_them_with_it)
{
    start_server("ada");
    start_server("bob");
    run(stop_all_servers(hub()));
    EXPECT_FALSE(spawner.running("ada") || spawner.running("bob"));
    EXPECT_EQ(look("SELECT count(*) FROM servers"), "0");
}

} // namespace
} // namespace jhub::hub

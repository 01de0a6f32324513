// What the launcher does that no single request shows: turns, polling, cleaning up.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "hub/support/test_hub.hpp"

namespace jhub::hub {
namespace {

class LauncherTest : public TestHub {
  protected:
    Result<std::shared_ptr<LiveServer>> start(std::string const& name, WhenBusy when_busy = WhenBusy::queue)
    {
        auto const known = find_user(name);
        return hub().launcher.start(
            {.user = known ? *known : add_user(name), .server_name = {}, .user_options = {}, .when_busy = when_busy});
    }
};

TEST_F(LauncherTest, people_wait_for_their_turn_in_order)
{
    settings.hub.concurrent_spawn_limit = 1;
    spawner.next_start(Scripted::never_ready);
    auto const first = start("ada").value();
    auto const second = start("bob").value();
    auto const third = start("carol").value();
    ASSERT_TRUE(until([&] { return spawner.starts() == 1 && !third->progress.empty(); }));
    EXPECT_EQ(second->progress[0]["message"], "1 others are starting; waiting for a turn");
    EXPECT_EQ(third->progress[0]["message"], "2 others are starting; waiting for a turn");
    hub().launcher.stop(first);
    ASSERT_TRUE(until([&] { return second->ready() && third->ready(); }));
    EXPECT_EQ(spawner.requests[1].user_name, "bob");
    EXPECT_EQ(spawner.requests[2].user_name, "carol");
}

TEST_F(LauncherTest, who_waits_for_a_turn_can_give_up)
{
    settings.hub.concurrent_spawn_limit = 1;
    spawner.next_start(Scripted::never_ready);
    auto const first = start("ada").value();
    auto const second = start("bob").value();
    ASSERT_TRUE(until([&] { return spawner.starts() == 1 && !second->progress.empty(); }));
    hub().launcher.stop(second);
    ASSERT_TRUE(until([&] { return second->settled->is_set(); }));
    EXPECT_EQ(second->state, ServerState::stopped);
    EXPECT_EQ(spawner.starts(), 1U) << "it never got that far";
    hub().launcher.stop(first);
    ASSERT_TRUE(until([&] { return first->settled->is_set(); }));
    ASSERT_TRUE(until([&] { return start_server("carol")->ready(); })) << "the turn was given back";
}

TEST_F(LauncherTest, a_start_that_fails_gives_its_turn_back)
{
    settings.hub.concurrent_spawn_limit = 1;
    for (int i = 0; i < 3; ++i) {
        spawner.next_start(Scripted::fails);
        EXPECT_TRUE(start_server("ada")->failure);
    }
    EXPECT_TRUE(start_server("ada")->ready());
    EXPECT_EQ(hub().launcher.pending_starts(), 0U);
}

TEST_F(LauncherTest, too_many_failures_in_a_row_end_the_hub)
{
    settings.spawner.consecutive_failure_limit = 2;
    auto const fail_once = [&] {
        spawner.next_start(Scripted::fails);
        EXPECT_TRUE(start_server("ada")->failure);
    };
    fail_once();
    EXPECT_TRUE(start_server("bob")->ready());
    fail_once();
    EXPECT_FALSE(hub().shutdown_requested.is_set()) << "a good start in between begins the count anew";
    fail_once();
    EXPECT_TRUE(until([&] { return hub().shutdown_requested.is_set(); }));
    ASSERT_TRUE(hub().fatal);
    EXPECT_THAT(hub().fatal->message, testing::HasSubstr("2 starts in a row have failed"));
}

TEST_F(LauncherTest, cancelled_starts_do_not_count_as_failures)
{
    settings.spawner.consecutive_failure_limit = 1;
    spawner.next_start(Scripted::never_ready);
    auto const server = start("ada").value();
    ASSERT_TRUE(until([&] { return spawner.starts() == 1; }));
    hub().launcher.stop(server);
    ASSERT_TRUE(until([&] { return server->settled->is_set(); }));
    until([] { return false; }, 20ms);
    EXPECT_FALSE(hub().shutdown_requested.is_set());
}

TEST_F(LauncherTest, polling_finds_servers_that_died_unseen)
{
    settings.spawner.poll_interval = 1s;
    settings.spawner.poll_jitter = 0;
    start_server("ada");
    start_server("bob");
    asio::co_spawn(loop(), hub().launcher.poll_forever(), asio::detached);
    spawner.exit("ada", 1, false);
    EXPECT_TRUE(until([&] { return !server_of("ada"); }));
    EXPECT_TRUE(server_of("bob")->ready());
    hub().stopping.set();
    until([] { return false; }, 20ms);
}

TEST_F(LauncherTest, a_request_that_goes_away_leaves_the_start_alone)
{
    TestClient ada = login("ada");
    (void)ada.begin({"POST", "/hub/api/users/ada/server"});
    EXPECT_TRUE(until([&] {
        auto const live = server_of("ada");
        return live && live->ready();
    }));
}

TEST_F(LauncherTest, the_spawner_gets_what_the_contract_promises)
{
    settings.spawner.cmd = {"jupyterhub-singleuser"};
    settings.spawner.args = {"--dir={username}"};
    start_server("ada b");
    auto const& request = spawner.requests.back();
    EXPECT_EQ(request.base_path, "/user/ada%20b/");
    EXPECT_EQ(request.cmd, (std::vector<std::string>{"jupyterhub-singleuser"}));
    EXPECT_EQ(request.args, (std::vector<std::string>{"--dir=ada b"}));
    EXPECT_EQ(spawner.variable("ada b", "JUPYTERHUB_SERVICE_URL"), server.url() + "/user/ada%20b/");
    EXPECT_EQ(look("SELECT state FROM spawners"), "{\"pid\": 1001}");
    EXPECT_EQ(look("SELECT port FROM servers"), std::to_string(server.port()));
    EXPECT_EQ(look("SELECT pid || ' ' || start_time || ' ' || boot_id || ' ' || uid FROM jhub_processes"),
              "1001 77 boot 1000");
    EXPECT_EQ(look("SELECT redirect_uri FROM oauth_clients WHERE identifier = 'jupyterhub-user-ada%20b'"),
              "/user/ada%20b/oauth_callback");
}

TEST_F(LauncherTest, a_proxy_that_refuses_the_route_fails_the_start)
{
    hub();
    hub().proxy.reconnect(proxy.url(), "wrong token");
    auto const live = start_server("ada");
    ASSERT_TRUE(live->failure);
    EXPECT_EQ(live->failure->message, "The proxy refused a route.");
    EXPECT_FALSE(spawner.running("ada")) << "a server that nobody can reach does not stay";
}

TEST_F(LauncherTest, a_failure_is_remembered_until_the_next_start)
{
    spawner.next_start(Scripted::fails);
    auto const failed = start_server("ada");
    EXPECT_EQ(server_of("ada"), failed);
    EXPECT_EQ(failed->failure->advice, "Ask the operator to install <jupyterhub>.");
    EXPECT_EQ(failed->failure->output, "Traceback: no module named lab");
    EXPECT_TRUE(start_server("ada")->ready());
    hub().launcher.stop(server_of("ada"));
    EXPECT_TRUE(until([&] { return !server_of("ada"); })) << "a stopped server leaves nothing in memory";
}

} // namespace
} // namespace jhub::hub

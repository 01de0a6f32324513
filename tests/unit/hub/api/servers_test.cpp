// Start, stop and progress over the REST API (reference rest-api.md §3.5, §4, §5, spawner.md §1).
#include "base/time_text.hpp"
#include "hub/support/test_hub.hpp"

namespace jhub::hub {
namespace {

class ServersApi : public TestHub {
  protected:
    ServersApi() { settings.hub.allow_named_servers = true; }
    void impatient() { settings.hub.tornado_settings.slow_spawn_timeout = 30ms; }
    // Waits until the server of that user is in the state.
    bool reaches(ServerState state, std::string const& user = "ada", std::string const& name = "")
    {
        return until([&] {
            auto const live = server_of(user, name);
            return (live ? live->state : ServerState::stopped) == state;
        });
    }
};

TEST_F(ServersApi, start_answers_201_when_the_server_is_up_and_routed)
{
    TestClient ada = login("ada");
    auto const answer = ada.post("/hub/api/users/ada/server");
    EXPECT_EQ(answer.status, 201);
    EXPECT_EQ(answer.header("Content-Type"), "text/plain");
    EXPECT_EQ(answer.body, "");
    EXPECT_EQ(proxy.target("/user/ada"), server.url());
    EXPECT_EQ(proxy.routes["/user/ada"]["user"], "ada");
    EXPECT_TRUE(server_of("ada")->ready());
    EXPECT_EQ(server.seen.front(), "GET /user/ada/api") << "the readiness probe";
}

TEST_F(ServersApi, start_answers_202_while_the_start_is_pending)
{
    impatient();
    TestClient ada = login("ada");
    spawner.next_start(Scripted::never_ready);
    EXPECT_EQ(ada.post("/hub/api/users/ada/server").status, 202);
    EXPECT_EQ(ada.post("/hub/api/users/ada/server").status, 202) << "asking again";
    EXPECT_EQ(spawner.starts(), 1U);
}

TEST_F(ServersApi, start_of_a_running_server_is_400)
{
    TestClient ada = login("ada");
    ASSERT_EQ(ada.post("/hub/api/users/ada/server").status, 201);
    auto const again = ada.post("/hub/api/users/ada/server");
    EXPECT_EQ(again.status, 400);
    EXPECT_EQ(again.message(), "ada is already running");
}

TEST_F(ServersApi, a_server_that_died_unseen_can_be_started_again)
{
    TestClient ada = login("ada");
    ASSERT_EQ(ada.post("/hub/api/users/ada/server").status, 201);
    spawner.exit("ada", 1, false);
    EXPECT_EQ(ada.post("/hub/api/users/ada/server").status, 201);
    EXPECT_EQ(spawner.starts(), 2U);
}

TEST_F(ServersApi, two_starts_at_once_make_one_server)
{
    TestClient ada = login("ada");
    TestClient program = with_token("ada");
    auto const first = ada.begin({"POST", "/hub/api/users/ada/server"});
    auto const second = program.begin({"POST", "/hub/api/users/ada/server"});
    auto const statuses = std::multiset{ada.finish(first).status, program.finish(second).status};
    EXPECT_EQ(spawner.starts(), 1U);
    EXPECT_TRUE(statuses.contains(201));
    EXPECT_TRUE(reaches(ServerState::ready));
    EXPECT_EQ(look("SELECT count(*) FROM servers"), "1");
    EXPECT_EQ(look("SELECT count(*) FROM api_tokens WHERE note LIKE 'Server at%'"), "1");
}

TEST_F(ServersApi, someone_elses_server_looks_missing)
{
    add_user("bob");
    TestClient ada = login("ada");
    EXPECT_EQ(ada.post("/hub/api/users/bob/server").status, 404);
    EXPECT_EQ(ada.delete_("/hub/api/users/bob/server").status, 404);
    EXPECT_EQ(ada.get("/hub/api/users/bob/server/progress").status, 404);
    EXPECT_EQ(spawner.starts(), 0U) << "a refused request must not reach the spawner";
}

TEST_F(ServersApi, a_token_without_the_scope_cannot_start)
{
    TestClient reader = with_token("ada", {"read:servers!user=ada"});
    EXPECT_EQ(reader.post("/hub/api/users/ada/server").status, 403);
    EXPECT_EQ(spawner.starts(), 0U);
}

TEST_F(ServersApi, a_failed_start_is_500_with_the_reason_and_leaves_nothing_behind)
{
    TestClient ada = login("ada");
    spawner.next_start(Scripted::fails);
    auto const answer = ada.post("/hub/api/users/ada/server");
    EXPECT_EQ(answer.status, 500);
    EXPECT_EQ(answer.message(), "Command not found: jupyterhub-singleuser");
    EXPECT_EQ(look("SELECT count(*) FROM servers"), "0");
    EXPECT_EQ(look("SELECT count(*) FROM api_tokens WHERE note LIKE 'Server at%'"), "0");
    EXPECT_EQ(look("SELECT count(*) FROM oauth_clients WHERE identifier = 'jupyterhub-user-ada'"), "0");
    EXPECT_FALSE(proxy.routes.contains("/user/ada"));
}

TEST_F(ServersApi, after_a_failed_start_the_next_one_works)
{
    TestClient ada = login("ada");
    spawner.next_start(Scripted::fails);
    ASSERT_EQ(ada.post("/hub/api/users/ada/server").status, 500);
    EXPECT_EQ(ada.post("/hub/api/users/ada/server").status, 201);
    EXPECT_FALSE(server_of("ada")->failure);
}

TEST_F(ServersApi, a_process_that_ends_before_it_answers_fails_at_once)
{
    TestClient ada = login("ada");
    spawner.next_start(Scripted::exits_at_once);
    auto const answer = ada.post("/hub/api/users/ada/server");
    EXPECT_EQ(answer.status, 500);
    EXPECT_NE(answer.message().find("exit code: 1"), std::string::npos) << answer.message();
}

TEST_F(ServersApi, a_start_that_takes_too_long_is_stopped)
{
    settings.spawner.start_timeout = 0s;
    TestClient ada = login("ada");
    spawner.next_start(Scripted::never_started);
    auto const answer = ada.post("/hub/api/users/ada/server");
    EXPECT_EQ(answer.status, 500);
    EXPECT_NE(answer.message().find("did not start within 0 seconds"), std::string::npos) << answer.message();
    EXPECT_EQ(spawner.stop_modes, (std::vector<std::string>{"now"}));
    EXPECT_EQ(server_of("ada")->failure->reason, "timeout");
}

TEST_F(ServersApi, a_server_that_does_not_answer_in_time_is_stopped)
{
    settings.spawner.http_timeout = 0s;
    TestClient ada = login("ada");
    spawner.next_start(Scripted::never_ready);
    auto const answer = ada.post("/hub/api/users/ada/server");
    EXPECT_EQ(answer.status, 500);
    EXPECT_NE(answer.message().find("did not answer"), std::string::npos) << answer.message();
    EXPECT_FALSE(spawner.running("ada"));
}

TEST_F(ServersApi, a_server_that_answers_5xx_is_not_ready)
{
    settings.spawner.http_timeout = 0s;
    server.status = http::Status::service_unavailable;
    TestClient ada = login("ada");
    EXPECT_EQ(ada.post("/hub/api/users/ada/server").status, 500);
}

TEST_F(ServersApi, a_server_that_refuses_the_probe_is_ready)
{
    server.status = http::Status::forbidden;
    TestClient ada = login("ada");
    EXPECT_EQ(ada.post("/hub/api/users/ada/server").status, 201);
}

TEST_F(ServersApi, options_are_kept_for_the_next_start)
{
    TestClient ada = login("ada");
    ASSERT_EQ(ada.post("/hub/api/users/ada/server", {{"image", "big"}}).status, 201);
    EXPECT_EQ(spawner.requests.back().user_options, (Json{{"image", "big"}}));
    ASSERT_EQ(ada.delete_("/hub/api/users/ada/server").status, 204);

    ASSERT_EQ(ada.post("/hub/api/users/ada/server").status, 201);
    EXPECT_EQ(spawner.requests.back().user_options, (Json{{"image", "big"}})) << "no body: those of the last start";
    ASSERT_EQ(ada.delete_("/hub/api/users/ada/server").status, 204);

    ASSERT_EQ(ada.post("/hub/api/users/ada/server", Json::object()).status, 201);
    EXPECT_EQ(spawner.requests.back().user_options, Json::object()) << "an empty object clears them";
}

TEST_F(ServersApi, options_must_be_an_object_of_bounded_size)
{
    TestClient ada = login("ada");
    EXPECT_EQ(ada.post("/hub/api/users/ada/server", Json::array({1})).status, 400);
    EXPECT_EQ(ada.post("/hub/api/users/ada/server", {{"x", std::string(70'000, 'x')}}).status, 400);
    EXPECT_EQ(ada.send({"POST", "/hub/api/users/ada/server", {{"Content-Type", "application/json"}}, "{oops"}).status,
              400);
    EXPECT_EQ(spawner.starts(), 0U);
}

TEST_F(ServersApi, named_servers_live_beside_the_default_one)
{
    TestClient ada = login("ada");
    EXPECT_EQ(ada.post("/hub/api/users/ada/servers/lab").status, 201);
    EXPECT_EQ(ada.post("/hub/api/users/ada/servers/").status, 201) << "the empty name is the default server";
    EXPECT_EQ(proxy.target("/user/ada/lab"), server.url());
    EXPECT_EQ(proxy.target("/user/ada"), server.url());
}

TEST_F(ServersApi, names_with_a_slash_are_refused)
{
    TestClient ada = login("ada");
    EXPECT_EQ(ada.post("/hub/api/users/ada/servers/a%2Fb").status, 400);
    EXPECT_EQ(look("SELECT count(*) FROM spawners WHERE name != ''"), "0");
}

TEST_F(ServersApi, named_servers_can_be_off)
{
    settings.hub.allow_named_servers = false;
    TestClient ada = login("ada");
    EXPECT_EQ(ada.post("/hub/api/users/ada/servers/lab").status, 400);
    EXPECT_EQ(ada.delete_("/hub/api/users/ada/servers/lab").status, 400);
}

TEST_F(ServersApi, the_limit_of_named_servers_counts_names_not_starts)
{
    settings.hub.named_server_limit_per_user = 1;
    TestClient ada = login("ada");
    EXPECT_EQ(ada.post("/hub/api/users/ada/servers/one").status, 201);
    EXPECT_EQ(ada.post("/hub/api/users/ada/servers/two").status, 400);
    EXPECT_EQ(ada.post("/hub/api/users/ada/server").status, 201) << "the default server does not count";
    ASSERT_EQ(ada.delete_("/hub/api/users/ada/servers/one").status, 204);
    EXPECT_EQ(ada.post("/hub/api/users/ada/servers/one").status, 201) << "a known name starts again";
}

TEST_F(ServersApi, many_at_once_do_not_pass_the_limit_of_named_servers)
{
    settings.hub.allow_named_servers = true;
    settings.hub.named_server_limit_per_user = 2;
    TestClient ada = login("ada");
    std::vector<std::shared_ptr<Exchange>> asked;
    for (int i = 0; i < 6; ++i)
        asked.push_back(ada.begin({"POST",
                                   "/hub/api/users/ada/servers/lab" + std::to_string(i),
                                   {{"X-XSRFToken", ada.cookie("_xsrf").value()}}}));
    std::map<int, int> statuses;
    for (auto const& exchange : asked)
        ++statuses[ada.finish(exchange).status];
    EXPECT_EQ(statuses, (std::map<int, int>{{201, 2}, {400, 4}}));
    EXPECT_EQ(look("SELECT count(*) FROM spawners WHERE name != ''"), "2");
}

TEST_F(ServersApi, too_many_starts_at_once_are_told_to_come_back)
{
    impatient();
    settings.hub.concurrent_spawn_limit = 1;
    TestClient ada = login("ada");
    TestClient bob = login("bob");
    spawner.next_start(Scripted::never_ready);
    ASSERT_EQ(ada.post("/hub/api/users/ada/server").status, 202);
    auto const answer = bob.post("/hub/api/users/bob/server");
    EXPECT_EQ(answer.status, 429);
    int const seconds = std::stoi(answer.header("Retry-After"));
    EXPECT_GE(seconds, 30);
    EXPECT_LE(seconds, 60);
    EXPECT_EQ(look("SELECT count(*) FROM spawners"), "1") << "nothing was created for the refused one";
}

TEST_F(ServersApi, the_limit_of_active_servers_has_no_retry_after)
{
    settings.hub.active_server_limit = 1;
    TestClient ada = login("ada");
    TestClient bob = login("bob");
    ASSERT_EQ(ada.post("/hub/api/users/ada/server").status, 201);
    auto const answer = bob.post("/hub/api/users/bob/server");
    EXPECT_EQ(answer.status, 429);
    EXPECT_EQ(answer.header("Retry-After"), "(none)");
    ASSERT_EQ(ada.delete_("/hub/api/users/ada/server").status, 204);
    EXPECT_EQ(bob.post("/hub/api/users/bob/server").status, 201);
}

TEST_F(ServersApi, stop_answers_204_when_the_server_is_gone)
{
    TestClient ada = login("ada");
    ASSERT_EQ(ada.post("/hub/api/users/ada/server").status, 201);
    auto const answer = ada.delete_("/hub/api/users/ada/server");
    EXPECT_EQ(answer.status, 204);
    EXPECT_EQ(answer.header("Content-Type"), "(none)");
    EXPECT_FALSE(spawner.running("ada"));
    EXPECT_FALSE(proxy.routes.contains("/user/ada"));
    EXPECT_EQ(look("SELECT count(*) FROM servers"), "0");
    EXPECT_EQ(look("SELECT count(*) FROM jhub_processes"), "0");
    EXPECT_EQ(look("SELECT count(*) FROM api_tokens WHERE note LIKE 'Server at%'"), "0");
    EXPECT_EQ(spawner.stop_modes, (std::vector<std::string>{"gentle"}));
}

TEST_F(ServersApi, a_user_is_not_renamed_while_a_server_runs_under_the_old_name)
{
    add_user("root", true);
    TestClient root = with_token("root");
    TestClient ada = login("ada");
    ASSERT_EQ(ada.post("/hub/api/users/ada/server").status, 201);
    auto const refused = root.patch("/hub/api/users/ada", {{"name", "lovelace"}});
    EXPECT_EQ(refused.status, 400);
    EXPECT_EQ(refused.json()["message"], "ada has a running server, which keeps that name. Stop it first.");
    EXPECT_EQ(root.patch("/hub/api/users/ada", {{"name", "ada"}}).status, 200);
    ASSERT_EQ(ada.delete_("/hub/api/users/ada/server").status, 204);
    EXPECT_EQ(root.patch("/hub/api/users/ada", {{"name", "lovelace"}}).status, 200);
}

TEST_F(ServersApi, stopping_what_does_not_run_is_fine)
{
    TestClient ada = login("ada");
    EXPECT_EQ(ada.delete_("/hub/api/users/ada/server").status, 204);
    EXPECT_EQ(ada.delete_("/hub/api/users/ada/servers/unknown").status, 404);
}

TEST_F(ServersApi, a_slow_stop_answers_202_and_goes_on)
{
    settings.hub.tornado_settings.slow_stop_timeout = 20ms;
    TestClient ada = login("ada");
    ASSERT_EQ(ada.post("/hub/api/users/ada/server").status, 201);
    spawner.stopping = Stopping::slow;
    EXPECT_EQ(ada.delete_("/hub/api/users/ada/server").status, 202);
    EXPECT_EQ(ada.delete_("/hub/api/users/ada/server").status, 202) << "asking again";
    EXPECT_EQ(ada.post("/hub/api/users/ada/server").status, 400) << "no start while it stops";
    spawner.release_stops();
    EXPECT_TRUE(reaches(ServerState::stopped));
    EXPECT_EQ(spawner.stops(), 1U);
}

TEST_F(ServersApi, a_stop_cancels_a_start)
{
    impatient();
    TestClient ada = login("ada");
    for (auto const plan : {Scripted::never_started, Scripted::never_ready}) {
        spawner.next_start(plan);
        ASSERT_EQ(ada.post("/hub/api/users/ada/server").status, 202);
        EXPECT_EQ(ada.delete_("/hub/api/users/ada/server").status, 204);
        EXPECT_FALSE(spawner.running("ada"));
        EXPECT_EQ(look("SELECT count(*) FROM servers"), "0");
    }
    EXPECT_EQ(ada.post("/hub/api/users/ada/server").status, 201) << "and the next start works";
}

TEST_F(ServersApi, a_process_that_survives_stays_on_the_books_until_it_is_gone)
{
    settings.hub.tornado_settings.slow_stop_timeout = 20ms;
    TestClient ada = login("ada");
    ASSERT_EQ(ada.post("/hub/api/users/ada/server").status, 201);
    spawner.stopping = Stopping::survives;
    EXPECT_EQ(ada.delete_("/hub/api/users/ada/server").status, 202);
    EXPECT_EQ(look("SELECT count(*) FROM servers"), "1");
    EXPECT_EQ(look("SELECT count(*) FROM jhub_processes"), "1") << "a restarted hub finds it";
    EXPECT_EQ(ada.post("/hub/api/users/ada/server").status, 400) << "no second process for one row";
    spawner.stopping = Stopping::at_once;
    EXPECT_TRUE(reaches(ServerState::stopped)) << "it is tried again";
    EXPECT_FALSE(spawner.running("ada"));
    EXPECT_EQ(look("SELECT count(*) FROM servers"), "0");
}

TEST_F(ServersApi, a_stop_is_not_over_before_the_route_is_gone)
{
    settings.hub.tornado_settings.slow_stop_timeout = 20ms;
    TestClient ada = login("ada");
    ASSERT_EQ(ada.post("/hub/api/users/ada/server").status, 201);
    hub().proxy.reconnect(proxy.url(), "wrong token");
    EXPECT_EQ(ada.delete_("/hub/api/users/ada/server").status, 202);
    ASSERT_TRUE(until([&] { return !spawner.running("ada"); }));
    EXPECT_EQ(server_of("ada")->state, ServerState::stopping) << "somebody else may get its port";
    hub().proxy.reconnect(proxy.url(), "proxy-token");
    EXPECT_TRUE(reaches(ServerState::stopped));
    EXPECT_FALSE(proxy.routes.contains("/user/ada"));
}

TEST_F(ServersApi, who_waits_for_a_start_that_is_cancelled_is_told_so)
{
    TestClient ada = login("ada");
    for (auto const plan : {Scripted::never_started, Scripted::never_ready}) {
        spawner.next_start(plan);
        auto const starts = spawner.starts();
        auto const start = ada.begin({"POST", "/hub/api/users/ada/server"});
        ASSERT_TRUE(until([&] { return spawner.starts() > starts; }));
        EXPECT_EQ(ada.delete_("/hub/api/users/ada/server").status, 204);
        auto const answer = ada.finish(start);
        EXPECT_EQ(answer.status, 409) << "nothing is broken";
        EXPECT_EQ(answer.message(), "The start was cancelled.");
    }
}

TEST_F(ServersApi, remove_deletes_a_named_server_but_never_the_default_one)
{
    TestClient ada = login("ada");
    ASSERT_EQ(ada.post("/hub/api/users/ada/servers/lab").status, 201);
    EXPECT_EQ(ada.delete_("/hub/api/users/ada/servers/lab", {{"remove", true}}).status, 204);
    EXPECT_EQ(look("SELECT count(*) FROM spawners WHERE name = 'lab'"), "0");
    EXPECT_EQ(ada.delete_("/hub/api/users/ada/server", {{"remove", true}}).status, 400);
    EXPECT_EQ(ada.delete_("/hub/api/users/ada/servers/lab", {{"remove", "yes"}}).status, 400);
}

TEST_F(ServersApi, a_removal_outlasts_the_request_that_asked_for_it)
{
    settings.hub.tornado_settings.slow_stop_timeout = 20ms;
    TestClient ada = login("ada");
    ASSERT_EQ(ada.post("/hub/api/users/ada/servers/lab").status, 201);
    spawner.stopping = Stopping::slow;
    EXPECT_EQ(ada.delete_("/hub/api/users/ada/servers/lab", {{"remove", true}}).status, 202);
    EXPECT_EQ(ada.post("/hub/api/users/ada/servers/lab").status, 409) << "its removal was promised";
    spawner.release_stops();
    EXPECT_TRUE(until([&] { return look("SELECT count(*) FROM spawners WHERE name = 'lab'") == "0"; }));
}

TEST_F(ServersApi, a_removed_server_forgets_why_it_failed)
{
    TestClient ada = login("ada");
    spawner.next_start(Scripted::fails);
    ASSERT_EQ(ada.post("/hub/api/users/ada/servers/lab").status, 500);
    ASSERT_EQ(ada.delete_("/hub/api/users/ada/servers/lab", {{"remove", true}}).status, 204);
    EXPECT_EQ(ada.get("/hub/api/users/ada/servers/lab/progress").status, 404);
    EXPECT_EQ(ada.get("/hub/spawn-pending/ada/lab").status, 404);
}

TEST_F(ServersApi, a_server_that_dies_is_cleaned_up)
{
    TestClient ada = login("ada");
    ASSERT_EQ(ada.post("/hub/api/users/ada/server").status, 201);
    spawner.exit("ada", 137);
    EXPECT_TRUE(reaches(ServerState::stopped));
    EXPECT_FALSE(proxy.routes.contains("/user/ada"));
    EXPECT_EQ(look("SELECT count(*) FROM servers"), "0");
}

TEST_F(ServersApi, progress_of_a_running_server_is_one_event)
{
    TestClient ada = login("ada");
    ASSERT_EQ(ada.post("/hub/api/users/ada/server").status, 201);
    auto const answer = ada.get("/hub/api/users/ada/server/progress");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.header("Content-Type"), "text/event-stream");
    EXPECT_EQ(answer.header("Cache-Control"), "no-cache");
    EXPECT_EQ(answer.header("ETag"), "(none)");
    EXPECT_EQ(answer.body, "data: {\"progress\": 100, \"ready\": true, \"message\": \"Server ready at /user/ada/\", "
                           "\"html_message\": \"Server ready at <a href=\\\"/user/ada/\\\">/user/ada/</a>\", "
                           "\"url\": \"/user/ada/\"}\n\n");
}

TEST_F(ServersApi, progress_follows_a_start_to_its_end)
{
    impatient();
    TestClient ada = login("ada");
    server.status = http::Status::service_unavailable;
    ASSERT_EQ(ada.post("/hub/api/users/ada/server").status, 202);
    auto const stream = ada.begin({"GET", "/hub/api/users/ada/server/progress"});
    ASSERT_TRUE(until([&] { return stream->answer.contains("Spawning server"); }));
    EXPECT_TRUE(stream->answer.contains("\n\ndata: {\"progress\": 0, \"message\": \"Server requested\"}\n\n"));
    EXPECT_FALSE(stream->ended);
    server.status = http::Status::ok;
    EXPECT_TRUE(ada.finish(stream).contains("\"ready\": true"));
}

TEST_F(ServersApi, progress_tells_of_a_failure_and_of_a_cancellation)
{
    impatient();
    TestClient ada = login("ada");
    spawner.next_start(Scripted::never_ready);
    ASSERT_EQ(ada.post("/hub/api/users/ada/server").status, 202);
    auto const stream = ada.begin({"GET", "/hub/api/users/ada/server/progress"});
    ASSERT_TRUE(until([&] { return stream->answered; }));
    ASSERT_EQ(ada.delete_("/hub/api/users/ada/server").status, 204);
    EXPECT_TRUE(ada.finish(stream).contains("\"failed\": true, \"message\": \"Spawn cancelled\""));

    spawner.next_start(Scripted::fails);
    ada.post("/hub/api/users/ada/server");
    ASSERT_TRUE(reaches(ServerState::stopped));
    auto const failed = ada.get("/hub/api/users/ada/server/progress");
    EXPECT_EQ(failed.status, 200);
    EXPECT_TRUE(failed.contains("Spawn failed: Command not found: jupyterhub-singleuser"));
    EXPECT_TRUE(failed.contains("install &lt;jupyterhub&gt;")) << "what goes into the page is escaped";
}

TEST_F(ServersApi, progress_ends_for_a_client_that_left)
{
    impatient();
    TestClient ada = login("ada");
    spawner.next_start(Scripted::never_ready);
    ASSERT_EQ(ada.post("/hub/api/users/ada/server").status, 202);
    auto const stream = ada.begin({"GET", "/hub/api/users/ada/server/progress"});
    ASSERT_TRUE(until([&] { return stream->answered; }));
    stream->gone.set();
    EXPECT_TRUE(until([&] { return stream->ended; }, 3s)) << "a closed browser must not hold a stream";
    EXPECT_TRUE(server_of("ada")->active()) << "and the start goes on without it";
}

TEST_F(ServersApi, progress_of_what_never_started_is_404)
{
    TestClient ada = login("ada");
    EXPECT_EQ(ada.get("/hub/api/users/ada/servers/nothing/progress").status, 404);
}

TEST_F(ServersApi, progress_of_a_stopping_server_is_400)
{
    settings.hub.tornado_settings.slow_stop_timeout = 20ms;
    TestClient ada = login("ada");
    ASSERT_EQ(ada.post("/hub/api/users/ada/server").status, 201);
    spawner.stopping = Stopping::slow;
    ASSERT_EQ(ada.delete_("/hub/api/users/ada/server").status, 202);
    EXPECT_EQ(ada.get("/hub/api/users/ada/server/progress").status, 400);
}

TEST_F(ServersApi, the_servers_own_token_may_report_activity_and_be_opened_only)
{
    TestClient ada = login("ada");
    ASSERT_EQ(ada.post("/hub/api/users/ada/server").status, 201);
    TestClient own = browser();
    own.token = spawner.variable("ada", "JUPYTERHUB_API_TOKEN");
    Json const now = to_iso8601(clock.now());
    EXPECT_EQ(own.post("/hub/api/users/ada/activity", {{"servers", {{"", {{"last_activity", now}}}}}}).status, 200);
    EXPECT_EQ(own.delete_("/hub/api/users/ada/server").status, 403);
    EXPECT_EQ(own.get("/hub/api/users").status, 403);
    auto const self = own.get("/hub/api/user").json();
    EXPECT_EQ(self["name"], "ada");
    EXPECT_EQ(self["scopes"],
              (Json{"access:servers!server=ada/", "read:users:activity!user=ada", "read:users:groups!user=ada",
                    "read:users:name!user=ada", "users:activity!user=ada"}));
}

} // namespace
} // namespace jhub::hub

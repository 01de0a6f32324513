// The hub itself and who one is (reference rest-api.md §3.1, §3.2).
#include "base/time_text.hpp"
#include "hub/support/test_hub.hpp"
#include "store/oauth.hpp"

namespace jhub::hub {
namespace {

class HubApi : public TestHub {};

TEST_F(HubApi, the_version_is_open_to_everybody)
{
    for (std::string const path : {"/hub/api", "/hub/api/"}) {
        auto const answer = browser().get(path);
        EXPECT_EQ(answer.json(), (Json{{"version", "5.5.1"}}));
    }
}

TEST_F(HubApi, health_is_an_empty_200)
{
    for (std::string const path : {"/hub/health", "/hub/api/health"}) {
        EXPECT_EQ(browser().get(path).status, 200);
        EXPECT_EQ(browser().get(path).header("Content-Type"), "text/html");
        EXPECT_EQ(browser().send({"HEAD", path}).status, 200);
    }
}

TEST_F(HubApi, info_names_spawner_and_authenticator)
{
    add_user("root", true);
    Json const info = with_token("root").get("/hub/api/info").json();
    EXPECT_EQ(info["version"], "5.5.1");
    EXPECT_TRUE(info["spawner"]["class"].is_string());
    EXPECT_EQ(info["spawner"]["version"], "5.5.1");
    EXPECT_TRUE(info["authenticator"]["class"].is_string());
    EXPECT_TRUE(info.contains("python") && info.contains("sys_executable"));
}

TEST_F(HubApi, shutdown_takes_flags_and_asks_the_hub_to_leave)
{
    add_user("root", true);
    TestClient root = with_token("root");
    for (Json const& body : {Json{{"proxy", "yes"}}, Json{{"servers", 2}}, Json::array(), Json("x")})
        EXPECT_EQ(root.post("/hub/api/shutdown", body).status, 400) << body;
    EXPECT_FALSE(hub().shutdown_requested.is_set());
    auto const answer = root.post("/hub/api/shutdown", {{"proxy", false}, {"servers", 0}});
    EXPECT_EQ(answer.status, 202);
    EXPECT_TRUE(hub().shutdown_requested.is_set());
    EXPECT_FALSE(hub().cleanup_proxy);
    EXPECT_FALSE(hub().cleanup_servers);
}

TEST_F(HubApi, shutdown_is_for_administrators)
{
    EXPECT_EQ(with_token("ada").post("/hub/api/shutdown").status, 403);
    EXPECT_FALSE(hub().shutdown_requested.is_set());
}

TEST_F(HubApi, self_of_a_browser_has_no_token_and_sorted_scopes)
{
    Json const self = login("ada").get("/hub/api/user").json();
    EXPECT_EQ(self["name"], "ada");
    EXPECT_EQ(self["kind"], "user");
    EXPECT_EQ(self["token_id"], nullptr);
    EXPECT_EQ(self["session_id"], nullptr);
    std::vector<std::string> const scopes = self["scopes"];
    EXPECT_TRUE(std::ranges::is_sorted(scopes));
    EXPECT_TRUE(std::ranges::find(scopes, "access:servers!user=ada") != scopes.end());
}

TEST_F(HubApi, self_of_the_weakest_token_still_has_name_and_groups)
{
    add_group("staff", {"ada"});
    Json const self = with_token("ada", {"access:servers!server=ada/"}).get("/hub/api/user").json();
    EXPECT_EQ(self["name"], "ada");
    EXPECT_EQ(self["groups"], (Json{"staff"}));
    EXPECT_EQ(self["scopes"],
              (Json{"access:servers!server=ada/", "read:users:groups!user=ada", "read:users:name!user=ada"}));
    EXPECT_FALSE(self.contains("created"));
}

TEST_F(HubApi, self_of_a_service_is_its_model)
{
    Json const self = with_service_token("grader").get("/hub/api/user").json();
    EXPECT_EQ(self["kind"], "service");
    EXPECT_EQ(self["name"], "grader");
    EXPECT_EQ(self["session_id"], nullptr);
    EXPECT_TRUE(self["token_id"].is_string());
}

TEST_F(HubApi, self_needs_somebody) { EXPECT_EQ(browser().get("/hub/api/user").status, 403); }

// ---- activity (reference rest-api.md §1.2, §3.5) ----

TEST_F(HubApi, activity_moves_forward_only)
{
    TestClient ada = with_token("ada");
    start_server("ada");
    std::string const path = "/hub/api/users/ada/activity";
    auto const report = [&](Timestamp when) {
        Json const text = to_iso8601(when);
        return ada.post(path, {{"last_activity", text}, {"servers", {{"", {{"last_activity", text}}}}}}).status;
    };
    auto const seen = [&] {
        Json const model = ada.get("/hub/api/users/ada").json();
        return std::pair(model["last_activity"], model["servers"][""]["last_activity"]);
    };
    auto const later = clock.now() + 10min;
    EXPECT_EQ(report(later), 200);
    EXPECT_EQ(seen(), std::pair(Json(to_iso8601(later)), Json(to_iso8601(later))));
    EXPECT_EQ(report(later - 5min), 200);
    EXPECT_EQ(seen(), std::pair(Json(to_iso8601(later)), Json(to_iso8601(later)))) << "never back";
}

TEST_F(HubApi, activity_takes_times_in_several_forms)
{
    TestClient ada = with_token("ada");
    std::string const path = "/hub/api/users/ada/activity";
    for (std::string const time :
         {"2020-01-02T03:04:05Z", "2020-01-02T03:04:05.123456", "2020-01-02 03:04:05", "2020-01-02T03:04:05+01:00"})
        EXPECT_EQ(ada.post(path, {{"last_activity", time}}).status, 200) << time;
    EXPECT_EQ(ada.post(path, {{"last_activity", "2020-01-02T03:04:05Z"}, {"servers", nullptr}}).status, 200);
}

TEST_F(HubApi, wrong_reports_are_400_and_write_nothing)
{
    TestClient ada = with_token("ada");
    start_server("ada");
    std::string const path = "/hub/api/users/ada/activity";
    Json const now = to_iso8601(clock.now()), far = to_iso8601(clock.now() + 60min);
    auto const before = look("SELECT last_activity FROM spawners");
    for (Json const& body :
         {Json(), Json::array(), Json::object(), Json{{"last_activity", 5}}, Json{{"last_activity", "soon"}},
          Json{{"last_activity", far}}, Json{{"servers", {{"", now}}}}, Json{{"servers", Json::array()}},
          Json{{"servers", {{"lab", {{"last_activity", now}}}}}}, Json{{"servers", {{"", Json::object()}}}},
          Json{{"servers", {{"", {{"last_activity", far}}}}}}})
        EXPECT_EQ(ada.post(path, body).status, 400) << body;
    clock.advance(1min);
    Json const good{{"last_activity", to_iso8601(clock.now())}};
    EXPECT_EQ(ada.post(path, {{"servers", {{"", good}, {"lab", good}}}}).status, 400);
    EXPECT_EQ(look("SELECT last_activity FROM spawners"), before) << "all servers are checked before any is written";
    add_user("bob");
    EXPECT_EQ(ada.post("/hub/api/users/bob/activity", {{"last_activity", now}}).status, 404);
}

TEST_F(HubApi, being_seen_is_recorded_but_not_at_every_request)
{
    settings.hub.activity_resolution = 30s;
    TestClient ada = with_token("ada");
    auto const visit = [&] {
        EXPECT_EQ(ada.get("/hub/api/user").status, 200);
        EXPECT_TRUE(run(hub().activity.flush()));
        return look("SELECT last_activity FROM users WHERE name = 'ada'");
    };
    auto const first = visit();
    EXPECT_NE(first, "NULL");
    clock.advance(29s);
    EXPECT_EQ(visit(), first);
    clock.advance(2s);
    EXPECT_NE(visit(), first);
}

TEST_F(HubApi, a_servers_own_token_says_nothing_about_its_user)
{
    start_server("ada");
    auto const before = look("SELECT last_activity FROM users WHERE name = 'ada'");
    clock.advance(5min);
    TestClient own = browser();
    own.token = spawner.variable("ada", "JUPYTERHUB_API_TOKEN");
    ASSERT_EQ(own.get("/hub/api/user").status, 200);
    EXPECT_TRUE(run(hub().activity.flush()));
    EXPECT_EQ(look("SELECT last_activity FROM users WHERE name = 'ada'"), before);
    EXPECT_NE(look("SELECT last_activity FROM api_tokens WHERE note LIKE 'Server at%'"), "NULL");
}

} // namespace
} // namespace jhub::hub

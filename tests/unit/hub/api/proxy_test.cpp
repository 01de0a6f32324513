// The proxy seen over the REST API, and the comparison of its table with the truth (reference rest-api.md §3.1,
// spawner.md §11 "routes").
#include "base/time_text.hpp"
#include "hub/core/route_check.hpp"
#include "hub/support/test_hub.hpp"

namespace jhub::hub {
namespace {

class ProxyApi : public TestHub {
  protected:
    TestClient administrator()
    {
        if (!find_user("root"))
            add_user("root", true);
        return with_token("root");
    }
    Result<> check() { return run(check_routes(hub())); }
};

TEST_F(ProxyApi, the_table_is_listed_by_routespec)
{
    TestClient root = administrator();
    start_server("ada");
    Json const table = root.get("/hub/api/proxy").json();
    ASSERT_TRUE(table.contains("/user/ada/")) << table;
    EXPECT_EQ(table["/user/ada/"]["routespec"], "/user/ada/");
    EXPECT_EQ(table["/user/ada/"]["target"], server.url());
    EXPECT_EQ(table["/user/ada/"]["data"]["user"], "ada");
    EXPECT_EQ(with_token("ada").get("/hub/api/proxy").status, 403);
}

TEST_F(ProxyApi, the_table_is_cut_into_pages)
{
    TestClient root = administrator();
    for (std::string const name : {"ada", "bob", "carol"})
        start_server(name);
    auto const keys = [](Json const& object) {
        std::vector<std::string> keys;
        for (auto const& [key, value] : object.items())
            keys.push_back(key);
        return keys;
    };
    EXPECT_EQ(keys(root.get("/hub/api/proxy?offset=1&limit=1").json()), (std::vector<std::string>{"/user/bob/"}));
    Json const page = root.get("/hub/api/proxy?limit=2", {{"Accept", "application/jupyterhub-pagination+json"}}).json();
    EXPECT_EQ(keys(page["items"]), (std::vector<std::string>{"/user/ada/", "/user/bob/"}));
    EXPECT_EQ(page["_pagination"]["total"], 3);
}

TEST_F(ProxyApi, post_repairs_the_table)
{
    TestClient root = administrator();
    start_server("ada");
    proxy.routes.clear();
    EXPECT_EQ(root.post("/hub/api/proxy").status, 200);
    EXPECT_EQ(proxy.target("/user/ada"), server.url());
    EXPECT_EQ(proxy.target("/"), hub().urls.hub_origin());
}

TEST_F(ProxyApi, patch_moves_on_to_another_proxy)
{
    TestClient root = administrator();
    start_server("ada");
    ScriptedProxy other("other-token");
    other.listen(loop().get_executor());
    EXPECT_EQ(root.patch("/hub/api/proxy", {{"api_url", other.url()}, {"auth_token", "other-token"}}).status, 200);
    EXPECT_EQ(other.target("/user/ada"), server.url());
    other.close();
}

TEST_F(ProxyApi, wrong_bodies_of_patch_are_400_and_change_nothing)
{
    TestClient root = administrator();
    for (Json const& body : {Json(), Json::object(), Json::array(), Json{{"api_url", 5}}, Json{{"api_url", "nonsense"}},
                             Json{{"auth_token", Json::array()}}})
        EXPECT_EQ(root.patch("/hub/api/proxy", body).status, 400) << body;
    EXPECT_EQ(root.get("/hub/api/proxy").status, 200);
}

TEST_F(ProxyApi, a_proxy_that_does_not_answer_is_503)
{
    TestClient root = administrator();
    proxy.close();
    EXPECT_EQ(root.get("/hub/api/proxy").status, 503);
}

// ---- the comparison ----

TEST_F(ProxyApi, a_second_comparison_changes_nothing)
{
    settings.proxy.extra_routes = {{"/extra/", "http://127.0.0.1:9"}};
    for (std::string const name : {"ada", "a b", "bob@example.org", "zoë", "x~y.z_-"})
        start_server(name);
    ASSERT_TRUE(check());
    EXPECT_EQ(proxy.target("/extra"), "http://127.0.0.1:9");
    auto const calls = proxy.seen.size();
    ASSERT_TRUE(check());
    EXPECT_EQ(proxy.seen.size(), calls + 1) << "one look at the table, no change: " << proxy.seen.back();
}

TEST_F(ProxyApi, a_route_to_the_wrong_place_is_mended)
{
    start_server("ada");
    proxy.routes["/user/ada"]["target"] = "http://127.0.0.1:1";
    ASSERT_TRUE(check());
    EXPECT_EQ(proxy.target("/user/ada"), server.url());
}

TEST_F(ProxyApi, stale_routes_go_but_only_those_of_a_hub)
{
    hub();
    proxy.routes["/user/gone"] = {{"target", "http://127.0.0.1:1"}, {"jupyterhub", true}, {"user", "gone"}};
    proxy.routes["/operators/own"] = {{"target", "http://127.0.0.1:1"}};
    ASSERT_TRUE(check());
    EXPECT_FALSE(proxy.routes.contains("/user/gone"));
    EXPECT_TRUE(proxy.routes.contains("/operators/own"));
}

TEST_F(ProxyApi, a_route_of_a_server_in_transition_is_left_alone)
{
    settings.hub.tornado_settings.slow_spawn_timeout = 20ms;
    TestClient ada = login("ada");
    spawner.next_start(Scripted::never_ready);
    ASSERT_EQ(ada.post("/hub/api/users/ada/server").status, 202);
    proxy.routes["/user/ada"] = {
        {"target", "http://127.0.0.1:1"}, {"jupyterhub", true}, {"user", "ada"}, {"server_name", ""}};
    ASSERT_TRUE(check());
    EXPECT_EQ(proxy.target("/user/ada"), "http://127.0.0.1:1");
}

TEST_F(ProxyApi, the_proxys_word_about_activity_is_taken)
{
    start_server("ada");
    clock.advance(10min);
    proxy.routes["/user/ada"]["last_activity"] = to_iso8601(clock.now() - 1min);
    ASSERT_TRUE(check());
    ASSERT_TRUE(run(hub().activity.flush()));
    EXPECT_EQ(server_of("ada")->last_activity, clock.now() - 1min);
    EXPECT_EQ(look("SELECT last_activity FROM spawners"), to_database_time(clock.now() - 1min));

    proxy.routes["/user/ada"]["last_activity"] = to_iso8601(clock.now() + 1h);
    ASSERT_TRUE(check());
    EXPECT_EQ(server_of("ada")->last_activity, clock.now() - 1min) << "a clock that is wrong is not believed";
}

TEST_F(ProxyApi, a_proxy_that_stumbles_is_asked_again)
{
    proxy.failures = 2;
    start_server("ada");
    EXPECT_TRUE(server_of("ada")->ready());
    EXPECT_EQ(proxy.target("/user/ada"), server.url());
}

TEST_F(ProxyApi, strange_tables_do_no_harm)
{
    hub();
    proxy.routes["/a"] = "text";
    proxy.routes["/b"] = {{"jupyterhub", true}, {"user", 5}, {"server_name", nullptr}, {"last_activity", 7}};
    EXPECT_TRUE(check());
    EXPECT_FALSE(proxy.routes.contains("/b"));
}

} // namespace
} // namespace jhub::hub

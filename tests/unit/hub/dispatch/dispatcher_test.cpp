// What the dispatcher does for every route: who asks, XSRF, refusals, headers (reference rest-api.md §1, auth-flow.md
// §4, http-pages.md §1, §8, §9).
#include "hub/dispatch/responses.hpp"
#include "hub/support/test_hub.hpp"

namespace jhub::hub {
namespace {

Async<http::Response> throw_up(RequestContext&)
{
    throw std::logic_error("the handler's secret trouble");
    co_return http::Response{};
}

std::span<Route const> broken_routes()
{
    static constexpr std::array routes{
        Route{http::Method::get, "/broken", rbac::anyone(), throw_up},
    };
    return routes;
}

std::span<Route const> broken_api_routes()
{
    static constexpr std::array routes{
        Route{http::Method::get, "/api/broken", rbac::anyone(), throw_up},
    };
    return routes;
}

class DispatcherTest : public TestHub {
  protected:
    std::vector<RouteTable> tables() const override
    {
        auto all = TestHub::tables();
        all.push_back({Surface::page, Credentials::cookie, true, broken_routes()});
        all.push_back({Surface::api, Credentials::token_or_cookie, true, broken_api_routes()});
        return all;
    }
};

// ---- who asks ----

TEST_F(DispatcherTest, a_token_is_taken_from_the_authorization_header_only)
{
    auto const token = make_token("ada", {"inherit"});
    TestClient client = browser();
    for (std::string const& value : {"token " + token, "Bearer " + token, "BEARER   " + token, "tOkEn\t" + token})
        EXPECT_EQ(client.get("/hub/api/user", {{"Authorization", value}}).status, 200) << value;
    for (std::string const& value : {token, "Basic " + token, std::string("token"), std::string("token "),
                                     "token " + token + " x", "token " + token + "x", "tokens " + token})
        EXPECT_EQ(client.get("/hub/api/user", {{"Authorization", value}}).status, 403) << value;
    EXPECT_EQ(client.get("/hub/api/user?token=" + token).status, 403);
}

TEST_F(DispatcherTest, an_expired_token_is_worth_nothing)
{
    TestClient client = browser();
    client.token = make_token("ada", {"inherit"}, clock.now() + 60s);
    EXPECT_EQ(client.get("/hub/api/user").status, 200);
    clock.advance(61s);
    EXPECT_EQ(client.get("/hub/api/user").status, 403);
}

TEST_F(DispatcherTest, an_invalid_token_falls_through_to_the_cookie)
{
    TestClient ada = login("ada");
    ada.token = "0123456789abcdef";
    EXPECT_EQ(ada.get("/hub/api/user").json()["name"], "ada");
}

TEST_F(DispatcherTest, a_valid_token_wins_over_the_cookie)
{
    TestClient ada = login("ada");
    ada.token = make_token("bob", {"inherit"});
    EXPECT_EQ(ada.get("/hub/api/user").json()["name"], "bob");
}

TEST_F(DispatcherTest, pages_ignore_tokens)
{
    TestClient program = with_token("ada");
    EXPECT_EQ(program.get("/hub/home").status, 302);
    EXPECT_EQ(program.get("/hub/home").location(), "/hub/login?next=%2Fhub%2Fhome");
}

TEST_F(DispatcherTest, a_forged_or_old_login_cookie_is_nobody)
{
    TestClient ada = login("ada");
    auto const cookie = ada.cookie("jupyterhub-hub-login").value();
    TestClient thief = browser();
    thief.set_cookie("jupyterhub-hub-login", "\"" + cookie.substr(0, cookie.size() - 1) + "\"");
    EXPECT_EQ(thief.get("/hub/api/user").status, 403);

    EXPECT_EQ(ada.get("/hub/api/user").status, 200);
    clock.advance(std::chrono::hours(24 * 15));
    EXPECT_EQ(ada.get("/hub/api/user").status, 403) << "cookie_max_age_days is 14";
}

TEST_F(DispatcherTest, a_cookie_does_not_count_for_a_post_that_a_form_could_send)
{
    TestClient ada = login("ada");
    std::string const path = "/hub/api/users/ada/tokens";
    auto const post = [&](http::Headers headers) { return ada.send({"POST", path, std::move(headers), "{}"}).status; };
    EXPECT_EQ(post({{"Content-Type", "application/json"}}), 201);
    EXPECT_EQ(post({{"Content-Type", "application/json; charset=utf-8"}}), 201);
    EXPECT_EQ(post({}), 201) << "no content type at all is no form";
    EXPECT_EQ(post({{"Content-Type", "text/plain"}}), 403);
    EXPECT_EQ(post({{"Content-Type", "application/x-www-form-urlencoded"}}), 403);
    EXPECT_EQ(post({{"Content-Type", "multipart/form-data; boundary=x"}}), 403);
}

// ---- XSRF (reference rest-api.md §1.3) ----

TEST_F(DispatcherTest, xsrf_table_of_the_api)
{
    struct Row {
        std::string mode, site; // empty: no such header
        bool get_needs_token, post_needs_token;
    };
    TestClient ada = login("ada");
    auto const token = ada.cookie("_xsrf").value();
    ada.sends_xsrf = false;
    for (auto const& row : {Row{"", "", false, true}, Row{"navigate", "", false, true},
                            Row{"websocket", "", false, true}, Row{"no-cors", "same-origin", false, true},
                            Row{"no-cors", "cross-site", true, true}, Row{"no-cors", "", true, true},
                            Row{"cors", "same-origin", true, true}, Row{"same-origin", "same-origin", true, true}}) {
        http::Headers headers;
        if (!row.mode.empty())
            headers.set("Sec-Fetch-Mode", row.mode);
        if (!row.site.empty())
            headers.set("Sec-Fetch-Site", row.site);
        std::string const name = row.mode + "/" + row.site;
        EXPECT_EQ(ada.get("/hub/api/user", headers).status, row.get_needs_token ? 403 : 200) << name;
        headers.set("Content-Type", "application/json");
        EXPECT_EQ(ada.send({"POST", "/hub/api/users/ada/tokens", headers, "{}"}).status,
                  row.post_needs_token ? 403 : 201)
            << name;
        headers.set("X-XSRFToken", token);
        EXPECT_EQ(ada.get("/hub/api/user", headers).status, 200) << name;
        EXPECT_EQ(ada.send({"POST", "/hub/api/users/ada/tokens", headers, "{}"}).status, 201) << name;
    }
}

TEST_F(DispatcherTest, the_xsrf_token_may_come_as_argument_or_in_either_header)
{
    TestClient ada = login("ada");
    auto const token = ada.cookie("_xsrf").value();
    ada.sends_xsrf = false;
    http::Headers const cors{{"Sec-Fetch-Mode", "cors"}};
    EXPECT_EQ(ada.get("/hub/api/user?_xsrf=" + token, cors).status, 200);
    EXPECT_EQ(ada.get("/hub/api/user", {{"Sec-Fetch-Mode", "cors"}, {"X-CSRFToken", token}}).status, 200);
    EXPECT_EQ(ada.get("/hub/api/user?_xsrf=wrong", {{"Sec-Fetch-Mode", "cors"}, {"X-XSRFToken", token}}).status, 403)
        << "the argument counts before the header";
}

TEST_F(DispatcherTest, the_xsrf_token_of_another_session_or_user_does_not_count)
{
    TestClient ada = login("ada");
    TestClient bob = login("bob");
    ada.sends_xsrf = false;
    auto const foreign = bob.cookie("_xsrf").value();
    EXPECT_EQ(ada.send({"DELETE", "/hub/api/users/ada/server", {{"X-XSRFToken", foreign}}}).status, 403);
    // Also not when another site plants it as a cookie.
    ada.forget_cookie("_xsrf");
    ada.set_cookie("_xsrf", foreign, "/hub/");
    EXPECT_EQ(ada.send({"DELETE", "/hub/api/users/ada/server", {{"X-XSRFToken", foreign}}}).status, 403);
}

TEST_F(DispatcherTest, programs_with_a_token_need_no_xsrf_token)
{
    TestClient program = with_token("ada");
    EXPECT_EQ(program.post("/hub/api/users/ada/tokens").status, 201);
    EXPECT_EQ(program.get("/hub/api/user", {{"Sec-Fetch-Mode", "cors"}, {"Origin", "https://evil.example"}}).status,
              200);
}

TEST_F(DispatcherTest, a_strangers_request_from_another_origin_fails_the_xsrf_check)
{
    auto const answer =
        browser().get("/hub/api/user", {{"Sec-Fetch-Mode", "cors"}, {"Origin", "https://evil.example"}});
    EXPECT_EQ(answer.status, 403);
    EXPECT_NE(answer.message().find("protects you from other sites"), std::string::npos);
}

TEST_F(DispatcherTest, pages_check_whatever_is_not_a_read)
{
    TestClient ada = login("ada");
    ada.sends_xsrf = false;
    EXPECT_EQ(ada.get("/hub/home", {{"Sec-Fetch-Mode", "cors"}}).status, 200);
    EXPECT_EQ(ada.post_form("/hub/spawn", {}).status, 403);
    EXPECT_EQ(spawner.starts(), 0U);
    EXPECT_EQ(ada.post_form("/hub/spawn", {{"_xsrf", ada.cookie("_xsrf").value()}}).status, 302);
}

// ---- may they, does it exist (reference rest-api.md §1.4) ----

TEST_F(DispatcherTest, anonymous_is_403_in_the_api_and_sent_to_log_in_on_pages)
{
    auto const api = browser().get("/hub/api/users");
    EXPECT_EQ(api.status, 403);
    EXPECT_EQ(api.json()["status"], 403);
    EXPECT_EQ(browser().get("/hub/token?x=1").location(), "/hub/login?next=%2Fhub%2Ftoken%3Fx%3D1");
    EXPECT_EQ(browser().post_form("/hub/spawn", {}).status, 403) << "only reading leads to the login page";
}

TEST_F(DispatcherTest, what_is_held_for_others_looks_missing_and_what_is_not_held_is_forbidden)
{
    add_user("bob");
    TestClient own = with_token("ada", {"read:users!user=ada"});
    EXPECT_EQ(own.get("/hub/api/users/ada").status, 200);
    EXPECT_EQ(own.get("/hub/api/users/bob").status, 404);
    EXPECT_EQ(own.get("/hub/api/users/nobody").status, 404) << "the same answer as for one that exists";
    EXPECT_EQ(own.get("/hub/api/users/bob").body, own.get("/hub/api/users/nobody").body);
    EXPECT_EQ(own.get("/hub/api/users/ada/tokens").status, 403);
    EXPECT_EQ(own.get("/hub/api/info").status, 403);
}

TEST_F(DispatcherTest, an_unknown_path_below_the_api_is_404_as_json_for_everybody)
{
    for (std::string const method : {"GET", "POST", "DELETE", "PATCH", "PUT"}) {
        auto const answer = browser().send({method, "/hub/api/no/such/thing"});
        EXPECT_EQ(answer.status, 404) << method;
        EXPECT_EQ(answer.json(), (Json{{"status", 404}, {"message", "Not Found"}}));
    }
    EXPECT_EQ(browser().get("/hub/api/users/").status, 404) << "a slash at the end is another path";
}

TEST_F(DispatcherTest, a_known_path_with_another_method_is_405_after_the_checks)
{
    TestClient ada = login("ada");
    auto const answer = ada.put("/hub/api/user", Json::object());
    EXPECT_EQ(answer.status, 405);
    EXPECT_EQ(answer.header("Allow"), "GET");
    ada.sends_xsrf = false;
    EXPECT_EQ(ada.put("/hub/api/user", Json::object()).status, 403) << "XSRF comes first";
    EXPECT_EQ(ada.send({"HEAD", "/hub/api/user"}).status, 405);
    EXPECT_EQ(ada.send({"HEAD", "/hub/home"}).status, 405);
    EXPECT_EQ(ada.send({"HEAD", "/hub/health"}).status, 200);
}

TEST_F(DispatcherTest, options_is_an_empty_200_on_every_api_path)
{
    auto const answer = browser().send({"OPTIONS", "/hub/api/users"});
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "");
    EXPECT_EQ(answer.header("Content-Type"), "application/json");
    EXPECT_EQ(browser().send({"OPTIONS", "/hub/home"}).status, 405);
}

// ---- what every answer carries ----

TEST_F(DispatcherTest, answers_carry_the_headers_of_the_contract)
{
    auto const api = browser().get("/hub/api/");
    EXPECT_EQ(api.header("X-JupyterHub-Version"), "5.5.1");
    EXPECT_EQ(api.header("Access-Control-Allow-Headers"), "accept, content-type, authorization");
    EXPECT_EQ(api.header("Content-Security-Policy"),
              "frame-ancestors 'none'; report-uri /hub/security/csp-report; default-src 'none'");
    EXPECT_EQ(api.header("Access-Control-Allow-Origin"), "*");
    EXPECT_EQ(api.header("Content-Type"), "application/json");
    auto const page = browser().get("/hub/login");
    EXPECT_EQ(page.header("Content-Security-Policy"), "frame-ancestors 'none'; report-uri /hub/security/csp-report");
    EXPECT_EQ(page.header("Content-Type"), "text/html");
}

TEST_F(DispatcherTest, configured_headers_replace_the_hubs_own)
{
    settings.hub.tornado_settings.headers = {{"Content-Security-Policy", "frame-ancestors 'self'"}, {"X-Site", "1"}};
    auto const answer = browser().get("/hub/api/");
    EXPECT_EQ(answer.header("Content-Security-Policy"), "frame-ancestors 'self'");
    EXPECT_EQ(answer.header("X-Site"), "1");
}

TEST_F(DispatcherTest, an_answer_that_the_client_knows_is_304)
{
    TestClient ada = with_token("ada");
    auto const first = ada.get("/hub/api/user");
    auto const etag = first.header("ETag");
    ASSERT_TRUE(etag.starts_with('"') && etag.size() == 42) << etag;
    for (std::string const& known : {etag, "W/" + etag, "\"other\", " + etag, std::string("*")}) {
        auto const again = ada.get("/hub/api/user", {{"If-None-Match", known}});
        EXPECT_EQ(again.status, 304) << known;
        EXPECT_EQ(again.body, "");
    }
    EXPECT_EQ(ada.get("/hub/api/user", {{"If-None-Match", "\"other\""}}).status, 200);
}

TEST_F(DispatcherTest, only_what_was_read_and_is_there_has_an_etag)
{
    TestClient ada = with_token("ada");
    EXPECT_EQ(ada.post("/hub/api/users/ada/tokens").header("ETag"), "(none)");
    EXPECT_EQ(ada.get("/hub/api/users/nobody").header("ETag"), "(none)");
}

TEST_F(DispatcherTest, errors_are_json_in_the_api_and_html_on_pages)
{
    auto const api = browser().get("/hub/api/nothing");
    EXPECT_EQ(api.header("Content-Type"), "application/json");
    auto const page = browser().get("/hub/nothing");
    EXPECT_EQ(page.status, 404);
    EXPECT_EQ(page.header("Content-Type"), "text/html");
    EXPECT_TRUE(page.contains("404")) << page.body;
}

TEST_F(DispatcherTest, an_exception_is_500_with_an_id_and_without_its_text)
{
    auto const page = browser().get("/hub/broken");
    EXPECT_EQ(page.status, 500);
    EXPECT_TRUE(page.contains("Internal Server Error (id "));
    EXPECT_FALSE(page.contains("secret trouble"));
    auto const api = browser().get("/hub/api/broken");
    EXPECT_EQ(api.status, 500);
    EXPECT_EQ(api.json()["status"], 500);
    EXPECT_FALSE(api.contains("secret trouble"));
    EXPECT_EQ(api.header("X-JupyterHub-Version"), "5.5.1");
}

// ---- outside the hub's prefix (reference http-pages.md §5) ----

TEST_F(DispatcherTest, what_lies_outside_the_prefix_is_sent_into_it)
{
    struct Row {
        std::string from, to;
        int status;
    };
    for (auto const& row : {Row{"/", "/hub/", 302}, Row{"/hub", "/hub/", 301}, Row{"/hub?a=1", "/hub/?a=1", 301},
                            Row{"/user/ada/lab?x=1", "/hub/user/ada/lab?x=1", 302}, Row{"/user/ada", "/user/ada/", 301},
                            Row{"/user/ada?x=1", "/user/ada/?x=1", 301},
                            Row{"/services/grader", "/services/grader/", 301}, Row{"/something", "/hub/something", 302},
                            Row{"//evil.example/x", "/hub/evil.example/x", 302}, Row{"/user/", "/hub/user/", 302}}) {
        auto const answer = browser().get(row.from);
        EXPECT_EQ(answer.status, row.status) << row.from;
        EXPECT_EQ(answer.location(), row.to) << row.from;
    }
}

TEST_F(DispatcherTest, with_a_public_url_the_way_into_the_prefix_is_its_own)
{
    settings.hub.addresses.public_url = "https://jupyter.example.org/";
    EXPECT_EQ(browser().get("/user/ada/lab?x=1").location(), "https://jupyter.example.org/hub/user/ada/lab?x=1");
    EXPECT_EQ(browser().get("//evil.example/x").location(), "https://jupyter.example.org/hub/evil.example/x");
}

TEST_F(DispatcherTest, below_a_base_url_the_same_holds)
{
    settings.hub.addresses.base_url = "/jh/";
    EXPECT_EQ(browser().get("/jh/").location(), "/jh/hub/");
    EXPECT_EQ(browser().get("/jh/hub").location(), "/jh/hub/");
    EXPECT_EQ(browser().get("/jh/user/ada").location(), "/jh/user/ada/");
    EXPECT_EQ(browser().get("/jh/user/ada/tree").location(), "/jh/hub/user/ada/tree");
    EXPECT_EQ(browser().get("/elsewhere").location(), "/jh/hub/elsewhere");
    EXPECT_EQ(browser().get("/jh/hub/api/").status, 200);
}

TEST_F(DispatcherTest, a_redirect_never_leaves_the_site)
{
    for (std::string const path : {"//evil.example", "///evil.example", "/\\evil.example", "//evil.example/user/ada",
                                   "//user/ada", "/user//evil.example", "/%2F%2Fevil.example"}) {
        auto const location = browser().get(path).location();
        ASSERT_TRUE(location.starts_with('/')) << path << " → " << location;
        EXPECT_NE(location[1], '/') << path << " → " << location;
        EXPECT_NE(location[1], '\\') << path << " → " << location;
    }
}

} // namespace
} // namespace jhub::hub

// The hub as OAuth provider: authorize, consent, token (reference auth-flow.md §6).
#include "base/strings.hpp"
#include "hub/support/test_hub.hpp"

namespace jhub::hub {
namespace {

class OAuth : public TestHub {
  protected:
    OAuth()
    {
        config::ServiceSpec grader;
        grader.name = "grader";
        grader.url = "http://127.0.0.1:9000";
        grader.api_token = "grader-secret-token";
        grader.oauth_client_allowed_scopes = {"read:users!user"};
        settings.hub.services = {grader};
        config::RoleSpec visitors; // everybody may open the service
        visitors.name = "user";
        visitors.scopes = {"self", "access:services!service=grader"};
        settings.hub.load_roles = {visitors};
    }

    std::string const callback = "/services/grader/oauth_callback";
    static std::string authorize(QueryFields const& fields)
    {
        return "/hub/api/oauth2/authorize?" + build_query(fields);
    }
    std::string usual() const
    {
        return authorize({{"client_id", "service-grader"},
                          {"redirect_uri", callback},
                          {"response_type", "code"},
                          {"state", "st=ate"}});
    }
    static QueryFields query_of(std::string const& location)
    {
        return parse_query(std::string_view(location).substr(location.find('?') + 1));
    }
    static std::string field(std::string const& location, std::string_view name)
    {
        return query_value(query_of(location), name).value_or("(none)");
    }
    // A code for the service, agreed to by ada.
    std::string code(TestClient& ada)
    {
        auto const answer = ada.post_form(usual(), {{"scopes", "read:users!user"}});
        EXPECT_EQ(answer.status, 302) << answer.body;
        return field(answer.location(), "code");
    }
    QueryFields exchange_fields(std::string const& a_code) const
    {
        return {{"grant_type", "authorization_code"},
                {"code", a_code},
                {"client_id", "service-grader"},
                {"client_secret", "grader-secret-token"},
                {"redirect_uri", callback}};
    }
    Answer exchange(QueryFields const& fields) { return browser().post_form("/hub/api/oauth2/token", fields); }
    static QueryFields with(QueryFields fields, std::string const& name, std::string value)
    {
        std::erase_if(fields, [&](auto const& entry) { return entry.first == name; });
        fields.emplace_back(name, std::move(value));
        return fields;
    }
    static QueryFields without(QueryFields fields, std::string const& name)
    {
        std::erase_if(fields, [&](auto const& entry) { return entry.first == name; });
        return fields;
    }
};

// ---- authorize: what the person sees ----

TEST_F(OAuth, strangers_log_in_first_and_come_back)
{
    auto const answer = browser().get(usual());
    EXPECT_EQ(answer.status, 302);
    EXPECT_EQ(answer.location(), "/hub/login?" + build_query({{"next", usual()}}));
    EXPECT_EQ(with_token("ada").get(usual()).status, 302) << "a token is no browser";
}

TEST_F(OAuth, errors_that_must_not_lead_back_to_the_client_are_pages)
{
    TestClient ada = login("ada");
    QueryFields const good{{"client_id", "service-grader"}, {"redirect_uri", callback}, {"response_type", "code"}};
    for (auto const& fields :
         {without(good, "client_id"), with(good, "client_id", "service-unknown"), with(good, "client_id", "jupyterhub"),
          with(good, "redirect_uri", "https://evil.example/"), with(good, "redirect_uri", callback + "/x"),
          with(good, "redirect_uri", "")})
        if (query_value(fields, "redirect_uri") != "")
            EXPECT_EQ(ada.get(authorize(fields)).status, 400) << build_query(fields);
    for (std::string const name : {"client_id", "redirect_uri", "response_type", "state", "scope"}) {
        auto twice = with(with(good, "state", "s"), "scope", "read:users!user");
        twice.emplace_back(name, *query_value(twice, name));
        auto const answer = ada.get(authorize(twice));
        EXPECT_EQ(answer.status, 400) << name;
        EXPECT_EQ(answer.header("Content-Type"), "text/html");
    }
}

TEST_F(OAuth, errors_that_the_client_may_know_lead_back_with_the_state)
{
    TestClient ada = login("ada");
    QueryFields const good{
        {"client_id", "service-grader"}, {"redirect_uri", callback}, {"response_type", "code"}, {"state", "a&b"}};
    struct Row {
        QueryFields fields;
        std::string error;
    };
    for (auto const& row : {Row{without(good, "response_type"), "invalid_request"},
                            Row{with(good, "response_type", "token"), "unsupported_response_type"},
                            Row{with(good, "code_challenge_method", "S512"), "invalid_request"},
                            Row{with(good, "scope", "admin:users"), "invalid_scope"},
                            Row{with(good, "scope", "no:such:scope"), "invalid_scope"}}) {
        auto const answer = ada.get(authorize(row.fields));
        ASSERT_EQ(answer.status, 302) << build_query(row.fields);
        EXPECT_TRUE(answer.location().starts_with(callback + "?")) << answer.location();
        EXPECT_EQ(field(answer.location(), "error"), row.error) << build_query(row.fields);
        EXPECT_EQ(field(answer.location(), "state"), "a&b");
        EXPECT_EQ(field(answer.location(), "code"), "(none)");
    }
}

TEST_F(OAuth, without_access_to_the_service_there_is_no_code)
{
    settings.hub.load_roles.clear();
    TestClient ada = login("ada");
    auto const answer = ada.get(usual());
    EXPECT_EQ(answer.status, 403);
    EXPECT_TRUE(answer.contains("JupyterHub service grader")) << answer.body;
    EXPECT_EQ(ada.post_form(usual(), {{"scopes", "read:users!user"}}).status, 403);
    EXPECT_EQ(look("SELECT count(*) FROM oauth_codes"), "0");
}

TEST_F(OAuth, the_consent_page_names_the_client_and_its_scopes)
{
    TestClient ada = login("ada");
    auto const page = ada.get(usual());
    EXPECT_EQ(page.status, 200);
    EXPECT_TRUE(page.contains("JupyterHub service grader"));
    EXPECT_TRUE(page.contains("name=\"scopes\" value=\"read:users!user\"")) << page.body;
    EXPECT_TRUE(page.contains("name=\"_xsrf\" value=\"" + ada.cookie("_xsrf").value() + "\""));
    EXPECT_FALSE(page.contains("Applies to Applies"));
    EXPECT_EQ(look("SELECT count(*) FROM oauth_codes"), "0") << "looking is not agreeing";
}

TEST_F(OAuth, the_consent_page_says_each_permission_once)
{
    TestClient ada = login("ada");
    auto const page = ada.get(usual());
    auto const times = [&](std::string_view text) {
        std::size_t count = 0;
        for (auto at = page.body.find(text); at != std::string::npos; at = page.body.find(text, at + 1))
            ++count;
        return count;
    };
    EXPECT_EQ(times("<li title=\"read:users"), 1U) << page.body;
    EXPECT_GT(times("name=\"scopes\" value=\"read:users"), 1U) << "what is agreed to stays whole";
}

TEST_F(OAuth, agreeing_leads_back_with_a_code_and_the_state)
{
    TestClient ada = login("ada");
    auto const answer = ada.post_form(usual(), {{"scopes", "read:users!user"}});
    EXPECT_EQ(answer.status, 302);
    EXPECT_TRUE(answer.location().starts_with(callback + "?code="));
    EXPECT_EQ(field(answer.location(), "state"), "st=ate");
    EXPECT_EQ(field(answer.location(), "code").size(), 30U);
}

TEST_F(OAuth, agreeing_needs_the_xsrf_token)
{
    TestClient ada = login("ada");
    ada.sends_xsrf = false;
    EXPECT_EQ(ada.post_form(usual(), {{"scopes", "read:users!user"}}).status, 403);
    EXPECT_EQ(look("SELECT count(*) FROM oauth_codes"), "0");
}

TEST_F(OAuth, agreeing_to_more_than_the_client_may_ask_is_an_error)
{
    TestClient ada = login("ada");
    auto const answer = ada.post_form(usual(), {{"scopes", "read:users!user"}, {"scopes", "admin:users"}});
    EXPECT_EQ(field(answer.location(), "error"), "invalid_scope");
}

TEST_F(OAuth, a_missing_redirect_uri_is_the_registered_one)
{
    TestClient ada = login("ada");
    auto const answer = ada.post_form(authorize({{"client_id", "service-grader"}, {"response_type", "code"}}), {});
    EXPECT_TRUE(answer.location().starts_with(callback + "?code="));
}

TEST_F(OAuth, somebody_who_agreed_is_not_asked_again_for_the_same)
{
    TestClient ada = login("ada");
    ASSERT_EQ(exchange(exchange_fields(code(ada))).status, 200);
    EXPECT_EQ(ada.get(usual()).status, 302);
    EXPECT_EQ(login("bob").get(usual()).status, 200) << "bob did not agree";
}

TEST_F(OAuth, a_service_that_needs_no_consent_gets_the_code_at_once)
{
    settings.hub.services[0].oauth_no_confirm = true;
    EXPECT_TRUE(login("ada").get(usual()).location().starts_with(callback + "?code="));
}

TEST_F(OAuth, ones_own_running_server_needs_no_consent_others_do)
{
    TestClient ada = login("ada");
    start_server("ada");
    auto const path = authorize({{"client_id", "jupyterhub-user-ada"}, {"response_type", "code"}});
    auto const answer = ada.get(path);
    EXPECT_TRUE(answer.location().starts_with("/user/ada/oauth_callback?code=")) << answer.status << answer.body;
    EXPECT_EQ(login("bob").get(path).status, 403);
    add_user("root", true);
    EXPECT_EQ(login("root").get(path).status, 200) << "may open it, but is asked";
}

TEST_F(OAuth, access_to_a_group_opens_the_servers_of_its_members)
{
    start_server("ada");
    add_group("class", {"ada"});
    add_user("teacher");
    grant("teacher", "teaching", {"access:servers!group=class"});
    std::string const ask = authorize({{"client_id", "jupyterhub-user-ada"}, {"response_type", "code"}});
    EXPECT_EQ(login("teacher").get(ask).status, 200);
    EXPECT_EQ(login("stranger").get(ask).status, 403);
}

TEST_F(OAuth, the_client_of_a_stopped_server_is_gone)
{
    TestClient ada = login("ada");
    start_server("ada");
    ASSERT_EQ(ada.delete_("/hub/api/users/ada/server").status, 204);
    EXPECT_EQ(ada.get(authorize({{"client_id", "jupyterhub-user-ada"}, {"response_type", "code"}})).status, 400);
}

// ---- token (reference auth-flow.md §6.3) ----

TEST_F(OAuth, a_code_becomes_a_token_of_the_person_for_the_client)
{
    TestClient ada = login("ada");
    auto const answer = exchange(exchange_fields(code(ada)));
    ASSERT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(answer.header("Content-Type"), "application/json");
    EXPECT_EQ(answer.header("Cache-Control"), "no-store");
    EXPECT_EQ(answer.header("Pragma"), "no-cache");
    Json const body = answer.json();
    EXPECT_EQ(body["token_type"], "Bearer");
    EXPECT_EQ(body["expires_in"], 1209600);
    auto const scopes = split(body["scope"].get<std::string>(), ' ');
    EXPECT_NE(std::ranges::find(scopes, "read:users!user"), scopes.end()) << body;

    TestClient service = browser();
    service.token = body["access_token"];
    Json const self = service.get("/hub/api/user").json();
    EXPECT_EQ(self["name"], "ada");
    EXPECT_EQ(self["session_id"], ada.cookie("jupyterhub-session-id").value());
    std::vector<std::string> const held = self["scopes"];
    EXPECT_NE(std::ranges::find(held, "access:services!service=grader"), held.end());
    EXPECT_EQ(look("SELECT note FROM api_tokens WHERE client_id = 'service-grader'"), "");
    EXPECT_TRUE(look("SELECT redirect_uri FROM oauth_codes").starts_with("exchanged:")) << "known when it comes again";
}

TEST_F(OAuth, a_code_works_once)
{
    TestClient ada = login("ada");
    auto const fields = exchange_fields(code(ada));
    EXPECT_EQ(exchange(fields).status, 200);
    auto const again = exchange(fields);
    EXPECT_EQ(again.status, 400);
    EXPECT_EQ(again.json()["error"], "invalid_grant");
}

TEST_F(OAuth, of_two_exchanges_at_once_one_succeeds)
{
    TestClient ada = login("ada");
    Call const call{"POST",
                    "/hub/api/oauth2/token",
                    {{"Content-Type", "application/x-www-form-urlencoded"}},
                    build_query(exchange_fields(code(ada)))};
    TestClient one = browser(), two = browser();
    auto const first = one.begin(call), second = two.begin(call);
    EXPECT_EQ(one.finish(first).status + two.finish(second).status, 200 + 400);
    EXPECT_EQ(look("SELECT count(*) FROM api_tokens WHERE client_id = 'service-grader'"), "0")
        << "the second one told that the code is in two hands";
}

TEST_F(OAuth, a_code_lives_five_minutes)
{
    TestClient ada = login("ada");
    auto const fields = exchange_fields(code(ada));
    clock.advance(301s);
    EXPECT_EQ(exchange(fields).json()["error"], "invalid_grant");
}

TEST_F(OAuth, every_refusal_of_the_token_end_point)
{
    TestClient ada = login("ada");
    auto const good = exchange_fields(code(ada));
    struct Row {
        QueryFields fields;
        int status;
        std::string error;
    };
    auto twice = good;
    twice.emplace_back("code", "x");
    for (auto const& row : {Row{with(good, "grant_type", "password"), 400, "unsupported_grant_type"},
                            Row{without(good, "grant_type"), 400, "unsupported_grant_type"},
                            Row{without(good, "code"), 400, "invalid_request"}, Row{twice, 400, "invalid_request"},
                            Row{with(good, "redirect_uri", "/elsewhere"), 400, "invalid_request"},
                            Row{with(good, "client_id", "service-unknown"), 401, "invalid_client"},
                            Row{with(good, "client_id", "jupyterhub"), 401, "invalid_client"},
                            Row{with(good, "client_secret", "wrong"), 401, "invalid_client"},
                            Row{with(good, "client_secret", ""), 401, "invalid_client"},
                            Row{without(good, "client_secret"), 401, "invalid_client"},
                            Row{with(good, "code", "unknown"), 400, "invalid_grant"}}) {
        auto const answer = exchange(row.fields);
        EXPECT_EQ(answer.status, row.status) << build_query(row.fields);
        EXPECT_EQ(answer.json()["error"], row.error) << build_query(row.fields);
        EXPECT_FALSE(answer.json().contains("status")) << "OAuth has its own shape of errors";
        EXPECT_EQ(answer.header("Cache-Control"), "no-store");
        EXPECT_EQ(answer.header("WWW-Authenticate"), row.status == 401 ? "Bearer error=\"invalid_client\"" : "(none)");
    }
    EXPECT_EQ(exchange(good).status, 200) << "no refusal used the code up";
}

TEST_F(OAuth, a_code_of_one_client_is_worthless_for_another)
{
    config::ServiceSpec other;
    other.name = "other";
    other.url = "http://127.0.0.1:9001";
    other.api_token = "other-secret-token";
    settings.hub.services.push_back(other);
    TestClient ada = login("ada");
    auto fields = with(exchange_fields(code(ada)), "client_id", "service-other");
    fields = without(with(fields, "client_secret", "other-secret-token"), "redirect_uri");
    EXPECT_EQ(exchange(fields).json()["error"], "invalid_grant");
}

TEST_F(OAuth, parameters_belong_into_a_form_body)
{
    TestClient ada = login("ada");
    auto const fields = exchange_fields(code(ada));
    EXPECT_EQ(browser().post_form("/hub/api/oauth2/token?x=1", fields).json()["error"], "invalid_request");
    EXPECT_EQ(browser().post("/hub/api/oauth2/token", {{"grant_type", "authorization_code"}}).status, 400);
    EXPECT_EQ(browser().get("/hub/api/oauth2/token").status, 405);
    EXPECT_EQ(exchange(fields).status, 200);
}

TEST_F(OAuth, the_exchange_needs_neither_cookie_nor_xsrf_token)
{
    TestClient ada = login("ada");
    auto const fields = exchange_fields(code(ada));
    ada.sends_xsrf = false;
    EXPECT_EQ(ada.post_form("/hub/api/oauth2/token", fields, {{"Origin", "https://elsewhere.example"}}).status, 200);
}

TEST_F(OAuth, a_token_never_gives_more_than_its_person_has)
{
    settings.hub.services[0].oauth_client_allowed_scopes = {"inherit"};
    TestClient ada = login("ada");
    auto const answer = ada.post_form(usual(), {{"scopes", "inherit"}});
    TestClient service = browser();
    service.token = exchange(exchange_fields(field(answer.location(), "code"))).json()["access_token"];
    EXPECT_EQ(service.get("/hub/api/users/ada").status, 200);
    EXPECT_EQ(service.get("/hub/api/users").status, 403);
}

} // namespace
} // namespace jhub::hub

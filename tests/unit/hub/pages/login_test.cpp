// Logging in and out (reference auth-flow.md §1, §4, §5).
#include "auth/simple_authenticators.hpp"
#include "base/strings.hpp"
#include "hub/support/test_hub.hpp"

namespace jhub::hub {
namespace {

class LoginPage : public TestHub {
  protected:
    Answer log_in(TestClient& client, std::string const& target = "/hub/login", std::string const& password = "secret")
    {
        client.get("/hub/login");
        return client.post_form(target, {{"username", "ada"}, {"password", password}});
    }
};

TEST_F(LoginPage, shows_a_form_with_its_xsrf_token)
{
    TestClient visitor = browser();
    auto const page = visitor.get("/hub/login?next=%2Fhub%2Ftoken");
    EXPECT_EQ(page.status, 200);
    EXPECT_TRUE(page.contains("action=\"/hub/login?next=%2Fhub%2Ftoken\"")) << page.body;
    EXPECT_TRUE(page.contains("name=\"_xsrf\" value=\"" + visitor.cookie("_xsrf").value() + "\""));
    auto const cookie = page.set_cookie("_xsrf");
    EXPECT_NE(cookie.find("Max-Age=3600"), std::string::npos) << cookie;
    EXPECT_NE(cookie.find("Path=/hub/"), std::string::npos) << cookie;
    EXPECT_EQ(visitor.get("/hub/login").set_cookie("_xsrf").find("Max-Age=3600") == std::string::npos, false)
        << "each look restarts the hour";
}

TEST_F(LoginPage, a_name_in_the_address_fills_the_form)
{
    EXPECT_TRUE(browser().get("/hub/login?username=ada%22%3E").contains("value=\"ada&#34;&gt;\""));
}

TEST_F(LoginPage, cookies_are_as_the_site_wants_them_but_for_their_path)
{
    settings.hub.tornado_settings.cookie_options = {
        {"samesite", "Lax"}, {"secure", true}, {"expires_days", nullptr}, {"path", "/elsewhere"}};
    TestClient ada = browser();
    auto const cookie = log_in(ada).set_cookie("jupyterhub-hub-login");
    EXPECT_NE(cookie.find("SameSite=Lax"), std::string::npos) << cookie;
    EXPECT_NE(cookie.find("Secure"), std::string::npos) << cookie;
    EXPECT_EQ(cookie.find("expires="), std::string::npos) << cookie;
    EXPECT_NE(cookie.find("Path=/hub/"), std::string::npos) << cookie;
    EXPECT_NE(browser().get("/hub/login").set_cookie("_xsrf").find("SameSite=Lax"), std::string::npos);
}

TEST_F(LoginPage, the_xsrf_cookie_may_have_options_of_its_own)
{
    settings.hub.tornado_settings.cookie_options = {{"samesite", "Lax"}};
    settings.hub.tornado_settings.xsrf_cookie_kwargs = {{"samesite", "Strict"}};
    EXPECT_NE(browser().get("/hub/login").set_cookie("_xsrf").find("SameSite=Strict"), std::string::npos);
}

TEST_F(LoginPage, a_login_sends_the_cookies_with_their_attributes)
{
    TestClient ada = browser();
    auto const answer = log_in(ada);
    EXPECT_EQ(answer.status, 302);
    auto const cookie = answer.set_cookie("jupyterhub-hub-login");
    EXPECT_NE(cookie.find("; Path=/hub/"), std::string::npos) << cookie;
    EXPECT_NE(cookie.find("HttpOnly"), std::string::npos) << cookie;
    EXPECT_EQ(cookie.find("Secure"), std::string::npos) << "the connection is plain";
    EXPECT_NE(to_lower(cookie).find("expires="), std::string::npos) << cookie;
    auto const session = answer.set_cookie("jupyterhub-session-id");
    EXPECT_NE(session.find("; Path=/"), std::string::npos) << session;
    EXPECT_EQ(session.find("Path=/hub"), std::string::npos) << session;
    EXPECT_NE(session.find("HttpOnly"), std::string::npos) << session;
    EXPECT_EQ(to_lower(session).find("expires="), std::string::npos) << "for the browser's session";
    EXPECT_NE(answer.set_cookie("_xsrf"), "(none)") << "the token of the logged-in person";
    EXPECT_EQ(ada.get("/hub/home").status, 200);
}

TEST_F(LoginPage, behind_https_the_cookies_are_secure)
{
    TestClient ada = browser();
    ada.always = {{"X-Forwarded-Proto", "https"}};
    auto const answer = log_in(ada);
    EXPECT_NE(answer.set_cookie("jupyterhub-hub-login").find("Secure"), std::string::npos);
    EXPECT_NE(answer.set_cookie("jupyterhub-session-id").find("Secure"), std::string::npos);
}

TEST_F(LoginPage, a_host_prefix_pins_the_cookie_to_the_host)
{
    settings.hub.cookie_host_prefix_enabled = true;
    TestClient ada = browser();
    ada.always = {{"X-Forwarded-Proto", "https"}};
    auto const cookie = log_in(ada).set_cookie("__Host-jupyterhub-hub-login");
    EXPECT_NE(cookie.find("Secure"), std::string::npos) << cookie;
    EXPECT_TRUE(cookie.find("Path=/;") != std::string::npos || cookie.ends_with("Path=/")) << cookie;
    EXPECT_EQ(ada.get("/hub/home").status, 200);
}

TEST_F(LoginPage, a_wrong_password_is_403_with_the_form_and_the_name)
{
    settings.authenticator.dummy_password = "right";
    TestClient ada = browser();
    auto const answer = log_in(ada, "/hub/login?next=%2Fhub%2Ftoken", "wrong");
    EXPECT_EQ(answer.status, 403);
    EXPECT_TRUE(answer.contains("Invalid username or password"));
    EXPECT_TRUE(answer.contains("value=\"ada\""));
    EXPECT_TRUE(answer.contains("action=\"/hub/login?next=%2Fhub%2Ftoken\"")) << "the way on is not lost";
    EXPECT_EQ(answer.set_cookie("jupyterhub-hub-login"), "(none)");
    EXPECT_FALSE(find_user("ada"));
}

TEST_F(LoginPage, a_long_name_is_echoed_shortened)
{
    settings.authenticator.dummy_password = "right";
    TestClient visitor = browser();
    visitor.get("/hub/login");
    std::string const name(100, 'x');
    auto const answer = visitor.post_form("/hub/login", {{"username", name}, {"password", "wrong"}});
    EXPECT_FALSE(answer.contains(name));
    EXPECT_TRUE(answer.contains(std::string(16, 'x')));
}

TEST_F(LoginPage, a_form_of_another_site_does_not_log_in)
{
    TestClient victim = browser();
    victim.get("/hub/login");
    victim.sends_xsrf = false;
    auto const answer = victim.post_form("/hub/login", {{"username", "ada"}, {"password", "secret"}});
    EXPECT_EQ(answer.status, 403);
    EXPECT_EQ(answer.set_cookie("jupyterhub-hub-login"), "(none)");
    EXPECT_TRUE(answer.contains("id=\"login-form\"") && answer.contains("try again")) << answer.body;
    EXPECT_FALSE(answer.contains("value=\"ada\"")) << "what another site typed is not echoed";
}

TEST_F(LoginPage, a_form_that_was_open_too_long_works_at_the_second_try)
{
    TestClient ada = browser();
    ada.get("/hub/login");
    ada.forget_cookie("_xsrf"); // it lives an hour
    QueryFields const typed{{"username", "ada"}, {"password", "secret"}};
    ASSERT_EQ(ada.post_form("/hub/login?next=%2Fhub%2Ftoken", typed).status, 403);
    EXPECT_EQ(ada.post_form("/hub/login?next=%2Fhub%2Ftoken", typed).location(), "/hub/token");
}

TEST_F(LoginPage, guessing_is_slowed_down)
{
    settings.authenticator.dummy_password = "right";
    TestClient guesser = browser();
    guesser.get("/hub/login");
    Answer last;
    for (int i = 0; i < 25 && last.status != 429; ++i)
        last = guesser.post_form("/hub/login", {{"username", "ada"}, {"password", "wrong"}});
    EXPECT_EQ(last.status, 429);
    EXPECT_GT(std::stoi(last.header("Retry-After")), 0);
    EXPECT_EQ(guesser.post_form("/hub/login", {{"username", "ada"}, {"password", "right"}}).status, 429);
}

TEST_F(LoginPage, a_planted_session_ends_at_the_login)
{
    TestClient ada = browser();
    ada.set_cookie("jupyterhub-session-id", "0123456789abcdef0123456789abcdef");
    log_in(ada);
    EXPECT_NE(ada.cookie("jupyterhub-session-id"), "0123456789abcdef0123456789abcdef");
}

TEST_F(LoginPage, next_leads_on_within_the_site_only)
{
    struct Row {
        std::string next, to;
    };
    for (auto const& row : {Row{"/hub/token", "/hub/token"}, Row{"/user/ada/lab?x=1#frag", "/user/ada/lab?x=1#frag"},
                            Row{"http://hub.example/hub/token", "/hub/token"},
                            Row{"//hub.example/hub/token", "/hub/token"}, Row{"https://evil.example/", "/hub/spawn"},
                            Row{"//evil.example/", "/hub/spawn"}, Row{"///evil.example/", "/hub/spawn"},
                            Row{"relative", "/hub/spawn"}, Row{"javascript:alert(1)", "/hub/spawn"},
                            Row{"http://hub.example@evil.example/", "/hub/spawn"}, Row{"", "/hub/spawn"}}) {
        TestClient ada = browser();
        auto const answer = log_in(ada, "/hub/login?" + build_query({{"next", row.next}}));
        EXPECT_EQ(answer.location(), row.to) << row.next;
        EXPECT_EQ(ada.get("/hub/login?" + build_query({{"next", row.next}})).location(), row.to)
            << "somebody who is logged in already: " << row.next;
    }
    TestClient ada = browser();
    auto const escaped = log_in(ada, "/hub/login?" + build_query({{"next", "/\\evil.example"}})).location();
    EXPECT_TRUE(escaped.starts_with("/") && escaped.find('\\') == std::string::npos) << escaped;
}

TEST_F(LoginPage, without_next_the_way_leads_to_the_server_or_home)
{
    TestClient ada = login("ada");
    EXPECT_EQ(ada.get("/hub/").location(), "/hub/spawn");
    start_server("ada");
    EXPECT_EQ(ada.get("/hub/").location(), "/user/ada/");
    EXPECT_EQ(ada.get("/hub/login?a=1").location(), "/user/ada/?a=1") << "other parameters go along";
    EXPECT_EQ(browser().get("/hub/").location(), "/hub/login?next=%2Fhub%2F");
}

TEST_F(LoginPage, the_way_on_can_be_configured)
{
    settings.hub.redirect_to_server = false;
    EXPECT_EQ(login("ada").get("/hub/").location(), "/hub/home");
    kill_hub();
    settings.hub.default_url = "/welcome";
    EXPECT_EQ(login("ada").get("/hub/").location(), "/welcome");
    EXPECT_EQ(browser().get("/hub/").location(), "/welcome") << "also for strangers";
}

TEST_F(LoginPage, a_new_user_gets_the_default_roles_and_admins_theirs)
{
    settings.authenticator.admin_users = {"root"};
    login("ada");
    login("root");
    auto const roles = [&](std::string const& name) {
        return look("SELECT group_concat(r.name) FROM roles r JOIN user_role_map m ON m.role_id = r.id JOIN users u "
                    "ON u.id = m.user_id WHERE u.name = '" +
                    name + "'");
    };
    EXPECT_EQ(roles("ada"), "user");
    EXPECT_NE(roles("root").find("admin"), std::string::npos);
}

TEST_F(LoginPage, blocked_people_stay_out)
{
    settings.authenticator.blocked_users = {"ada"};
    TestClient ada = browser();
    auto const answer = log_in(ada);
    EXPECT_EQ(answer.status, 403);
    EXPECT_FALSE(find_user("ada"));
}

// ---- logout ----

TEST_F(LoginPage, logging_out_clears_the_cookies_and_revokes_the_sessions_tokens)
{
    TestClient ada = login("ada");
    auto const session = ada.cookie("jupyterhub-session-id").value();
    auto const own = make_token("ada", {"inherit"});
    auto const opened = make_token("ada", {"inherit"});
    look("UPDATE api_tokens SET session_id = '" + session + "' WHERE prefix = '" + opened.substr(0, 4) + "'");
    auto const answer = ada.get("/hub/logout");
    EXPECT_EQ(answer.status, 302);
    EXPECT_EQ(answer.location(), "/hub/login");
    for (std::string const name : {"jupyterhub-hub-login", "jupyterhub-session-id", "jupyterhub-services", "_xsrf"})
        EXPECT_NE(answer.set_cookie(name), "(none)") << name;
    EXPECT_EQ(ada.get("/hub/home").status, 302);
    TestClient program = browser();
    program.token = opened;
    EXPECT_EQ(program.get("/hub/api/user").status, 403) << "a token of this browser session";
    program.token = own;
    EXPECT_EQ(program.get("/hub/api/user").status, 200) << "tokens that were asked for stay";
}

TEST_F(LoginPage, logging_out_can_stop_the_servers)
{
    settings.hub.shutdown_on_logout = true;
    TestClient ada = login("ada");
    start_server("ada");
    ada.get("/hub/logout");
    EXPECT_TRUE(until([&] { return !spawner.running("ada"); }));
}

TEST_F(LoginPage, logging_out_leaves_servers_alone_otherwise)
{
    TestClient ada = login("ada");
    start_server("ada");
    ada.get("/hub/logout");
    EXPECT_FALSE(until([&] { return !spawner.running("ada"); }, 100ms));
}

TEST_F(LoginPage, strangers_logging_out_are_sent_to_log_in)
{
    auto const answer = browser().get("/hub/logout");
    EXPECT_EQ(answer.location(), "/hub/login");
    EXPECT_EQ(answer.set_cookie("jupyterhub-hub-login"), "(none)");
}

class NobodyLogsIn : public TestHub {
    void change_parts(HubParts& parts) override { parts.authenticator = std::make_unique<auth::NullAuthenticator>(); }
};

TEST_F(NobodyLogsIn, there_is_no_login_page)
{
    TestClient visitor = browser();
    EXPECT_EQ(visitor.get("/hub/login").status, 404);
    EXPECT_EQ(visitor.get("/hub/home").location(), "/hub/login?next=%2Fhub%2Fhome");
    auto const posted = visitor.post_form("/hub/login", {{"username", "ada"}, {"password", "x"}});
    EXPECT_TRUE(posted.status == 403 || posted.status == 404) << posted.status;
    EXPECT_FALSE(posted.contains("<form"));
}

TEST_F(LoginPage, an_authenticator_that_needs_a_form_cannot_log_in_without)
{
    settings.authenticator.auto_login = true;
    auto const answer = browser().get("/hub/login");
    EXPECT_EQ(answer.status, 403);
    EXPECT_TRUE(answer.contains("administrator")) << answer.body;
}

} // namespace
} // namespace jhub::hub

// Attacks of other sites and with stolen or forged cookies (S-XSRF).
#include "auth/signed_value.hpp"
#include "auth/xsrf.hpp"
#include "hub/support/test_hub.hpp"

namespace jhub::hub {
namespace {

class SessionAttacks : public TestHub {
  protected:
    static std::vector<Call> changes()
    {
        return {{"POST", "/hub/spawn"},
                {"POST", "/hub/api/users/alice/tokens"},
                {"DELETE", "/hub/api/users/alice/server"},
                {"POST", "/hub/api/users/alice/server"},
                {"POST", "/hub/accept-share"},
                {"POST", "/hub/login"},
                {"POST", "/hub/api/users/alice/activity"},
                {"POST", "/hub/api/oauth2/authorize"}};
    }
    int owner_of_cookie(std::string const& cookie_name, std::string const& value)
    {
        TestClient program = browser();
        program.token = make_token("alice", {"inherit"});
        return program.send({"GET", "/hub/api/authorizations/cookie/" + cookie_name, {}, value}).status;
    }
    std::string tokens() { return look("SELECT count(*) FROM api_tokens"); }
};

// S-XSRF-01
TEST_F(SessionAttacks, only_ones_own_token_counts)
{
    TestClient alice = login("alice"), bob = login("bob"), nobody = browser();
    nobody.get("/hub/login");
    alice.sends_xsrf = false;
    std::string const own = alice.cookie("_xsrf").value();
    auto const before = tokens();
    for (auto const& change : changes())
        for (std::string const& wrong : {std::string(), bob.cookie("_xsrf").value(), nobody.cookie("_xsrf").value(),
                                         own.substr(0, own.size() - 1), own + "x", own.substr(1)})
            for (std::string const place : {"query", "X-XSRFToken", "X-CSRFToken"}) {
                Call call = change;
                if (place == "query")
                    call.target += "?_xsrf=" + wrong;
                else
                    call.headers.set(place, wrong);
                EXPECT_EQ(alice.send(call).status, 403) << change.target << " with " << place << " " << wrong;
            }
    EXPECT_EQ(tokens(), before);
    EXPECT_EQ(spawner.starts(), 0U);
    for (std::string const place : {"query", "X-XSRFToken", "X-CSRFToken"}) {
        Call call{"POST", "/hub/api/users/alice/tokens"};
        if (place == "query")
            call.target += "?_xsrf=" + own;
        else
            call.headers.set(place, own);
        EXPECT_EQ(alice.send(call).status, 201) << place;
    }
}

// S-XSRF-02
TEST_F(SessionAttacks, planted_cookies_neither_help_nor_hinder)
{
    TestClient alice = login("alice"), attacker = browser();
    attacker.get("/hub/login");
    std::string const own = alice.cookie("_xsrf").value(), planted = attacker.cookie("_xsrf").value();
    std::string const identity = "jupyterhub-session-id=" + alice.cookie("jupyterhub-session-id").value() +
                                 "; jupyterhub-hub-login=" + alice.cookie("jupyterhub-hub-login").value();
    auto const post = [&](std::vector<std::string> const& cookies, std::string const& submitted) {
        std::string header = identity;
        for (auto const& cookie : cookies)
            header += "; _xsrf=" + cookie;
        TestClient raw = browser();
        return raw.send({"POST", "/hub/api/users/alice/tokens", {{"Cookie", header}, {"X-XSRFToken", submitted}}})
            .status;
    };
    for (auto const& cookies :
         {std::vector{planted, own}, std::vector<std::string>{"garbage", own}, std::vector{own, planted}}) {
        EXPECT_EQ(post(cookies, own), 201);
        EXPECT_EQ(post(cookies, planted), 403);
    }
    EXPECT_EQ(post({planted}, planted), 403);
}

// S-XSRF-03
TEST_F(SessionAttacks, no_way_to_fetch_makes_up_for_a_missing_token)
{
    TestClient alice = login("alice");
    alice.sends_xsrf = false;
    for (std::string const mode : {"navigate", "no-cors", "cors", "same-origin", "websocket", ""})
        for (std::string const site : {"same-origin", "same-site", "cross-site", "none", ""}) {
            http::Headers headers;
            if (!mode.empty())
                headers.set("Sec-Fetch-Mode", mode);
            if (!site.empty())
                headers.set("Sec-Fetch-Site", site);
            EXPECT_EQ(alice.send({"POST", "/hub/spawn", headers}).status, 403) << mode << " " << site;
            if (mode == "navigate")
                EXPECT_EQ(alice.get("/hub/home", headers).status, 200) << site;
            if (mode == "cors" && site == "cross-site")
                EXPECT_EQ(alice.get("/hub/api/users/alice", headers).status, 403);
        }
    EXPECT_EQ(spawner.starts(), 0U);
}

// S-XSRF-04
TEST_F(SessionAttacks, a_form_of_another_site_is_no_request_of_the_person)
{
    TestClient alice = login("alice");
    alice.sends_xsrf = false;
    auto const before = tokens();
    for (std::string const type :
         {"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"})
        EXPECT_EQ(
            alice.send({"POST", "/hub/api/users/alice/tokens", {{"Content-Type", type}}, "{\"note\": \"x\"}"}).status,
            403)
            << type;
    EXPECT_EQ(tokens(), before);
}

// S-XSRF-05
TEST_F(SessionAttacks, cookies_say_who_may_see_and_send_them)
{
    auto const cookie_of_login = [&](http::Headers headers) {
        TestClient client = browser();
        client.always = std::move(headers);
        client.get("/hub/login");
        auto const answer = client.post_form("/hub/login", {{"username", "ada"}, {"password", "secret"}});
        return answer.set_cookie(hub().settings.hub.cookie_host_prefix_enabled ? "__Host-jupyterhub-hub-login"
                                                                               : "jupyterhub-hub-login");
    };
    for (std::string const attribute : {"HttpOnly", "SameSite=Lax", "Path=/hub/"})
        EXPECT_TRUE(cookie_of_login({}).contains(attribute)) << attribute;
    EXPECT_FALSE(cookie_of_login({}).contains("Secure"));
    EXPECT_TRUE(cookie_of_login({{"X-Forwarded-Proto", "https"}}).contains("Secure"));
    EXPECT_EQ(browser().get("/hub/login", {{"Sec-Fetch-Mode", "navigate"}}).set_cookie("_xsrf").contains("HttpOnly"),
              false);
    TestClient ada = login("ada");
    ada.forget_cookie("_xsrf");
    EXPECT_EQ(ada.get("/hub/home", {{"Sec-Fetch-Mode", "cors"}}).set_cookie("_xsrf"), "(none)");

    kill_hub();
    settings.hub.addresses.public_url = "https://hub.example.org/";
    EXPECT_TRUE(cookie_of_login({}).contains("Secure")) << "as its public address says";

    kill_hub();
    settings.hub.cookie_host_prefix_enabled = true;
    auto const pinned = cookie_of_login({{"X-Forwarded-Proto", "https"}});
    EXPECT_TRUE(pinned.contains("Secure") && pinned.contains("Path=/;")) << pinned;
    EXPECT_FALSE(pinned.contains("Domain")) << pinned;
}

TEST_F(SessionAttacks, a_site_can_set_the_attributes_of_its_cookies)
{
    settings.hub.tornado_settings.cookie_options = {
        {"samesite", "Strict"}, {"secure", true}, {"expires_days", nullptr}};
    TestClient client = browser();
    client.get("/hub/login");
    auto const answer = client.post_form("/hub/login", {{"username", "ada"}, {"password", "secret"}});
    auto const cookie = answer.set_cookie("jupyterhub-hub-login");
    EXPECT_TRUE(cookie.contains("SameSite=Strict") && cookie.contains("Secure")) << cookie;
    EXPECT_FALSE(cookie.contains("xpires")) << cookie;
    EXPECT_TRUE(answer.set_cookie("_xsrf").contains("SameSite=Strict"));
}

// S-XSRF-06
TEST_F(SessionAttacks, a_forged_cookie_is_nobody)
{
    TestClient alice = login("alice");
    std::string const name = "jupyterhub-hub-login", value = alice.cookie(name).value();
    std::string const cookie_id = look("SELECT cookie_id FROM users WHERE name = 'alice'");
    auto const status = [&](std::string const& forged) {
        TestClient thief = browser();
        return thief.send({"GET", "/hub/api/user", {{"Cookie", name + "=\"" + forged + "\""}}}).status;
    };
    std::string const& secret = hub().cookie_secret;
    EXPECT_EQ(status(auth::create_signed_value(secret, name, cookie_id, clock.now())), 200);
    auto bare = auth::create_signed_value(secret, name, cookie_id, clock.now());
    for (std::size_t i = 0; i < bare.size(); ++i) {
        std::string flipped = bare;
        flipped[i] = flipped[i] == 'A' ? 'B' : 'A';
        EXPECT_EQ(status(flipped), 403) << i;
    }
    EXPECT_EQ(status(auth::create_signed_value(secret, "_xsrf", cookie_id, clock.now())), 403) << "another cookie's";
    EXPECT_EQ(status(auth::create_signed_value(secret, name, cookie_id, clock.now() - std::chrono::days(15))), 403);
    EXPECT_EQ(status(auth::create_signed_value("an older secret", name, cookie_id, clock.now())), 403);
    for (std::string const seconds : {"1000000000", "9999999999"}) { // long ago, and far from now
        auto moved = bare;
        moved.replace(moved.find("|10:") + 4, 10, seconds);
        EXPECT_EQ(status(moved), 403) << seconds;
    }
    for (auto const ahead :
         {std::chrono::hours(1), std::chrono::hours(24 * 365)}) { // signed by a hub whose clock is off
        auto const future = auth::create_signed_value(secret, name, cookie_id, clock.now() + ahead);
        EXPECT_EQ(status(future), 403) << ahead;
        EXPECT_EQ(owner_of_cookie(name, future), 404) << ahead;
    }
    auto const soon = auth::create_signed_value(secret, name, cookie_id, clock.now() + std::chrono::minutes(1));
    EXPECT_EQ(status(soon), 200) << "another machine's clock";
    EXPECT_EQ(owner_of_cookie(name, soon), 200);
    EXPECT_EQ(status("1|" + bare.substr(2)), 403);
    EXPECT_EQ(status(std::string(8192, 'x')), 403);
    EXPECT_EQ(status(auth::create_signed_value(secret, name, "bob", clock.now())), 403);
    EXPECT_FALSE(value.empty());
}

TEST_F(SessionAttacks, an_xsrf_token_from_the_future_is_none)
{
    TestClient alice = login("alice");
    auto const& secret = hub().cookie_secret;
    auto const id = auth::user_xsrf_id(alice.cookie("jupyterhub-session-id"),
                                       look("SELECT cookie_id FROM users WHERE name = 'alice'"));
    auto const posted_with = [&](Timestamp when) {
        auto const token = auth::make_xsrf_token(secret, id, when);
        alice.forget_cookie("_xsrf");
        alice.set_cookie("_xsrf", token);
        alice.sends_xsrf = false;
        return alice.send({"POST", "/hub/api/users/alice/tokens", {{"X-XSRFToken", token}}}).status;
    };
    EXPECT_EQ(posted_with(clock.now() + std::chrono::minutes(1)), 201);
    EXPECT_EQ(posted_with(clock.now() + std::chrono::hours(1)), 403);
}

// S-XSRF-07
TEST_F(SessionAttacks, a_logout_ends_one_session_and_no_other)
{
    TestClient one = login("alice"), other = login("alice"), stolen = one; // within one second
    auto const token_of = [&](TestClient& client) {
        auto const token = make_token("alice", {"inherit"});
        look("UPDATE api_tokens SET session_id = '" + client.cookie("jupyterhub-session-id").value() +
             "' WHERE id = (SELECT max(id) FROM api_tokens)");
        return token;
    };
    std::string const first = token_of(one), second = token_of(other);
    TestClient thief = browser();
    thief.set_cookie("jupyterhub-session-id", one.cookie("jupyterhub-session-id").value());
    thief.get("/hub/logout");
    EXPECT_EQ(tokens(), "2") << "a session id alone logs nobody out";

    one.get("/hub/logout");
    EXPECT_EQ(look("SELECT count(*) FROM api_tokens WHERE session_id IS NOT NULL"), "1");
    TestClient program = browser();
    program.token = first;
    EXPECT_EQ(program.get("/hub/api/user").status, 403);
    program.token = second;
    EXPECT_EQ(program.get("/hub/api/user").status, 200);
    EXPECT_EQ(one.get("/hub/home").status, 302);
    EXPECT_EQ(stolen.get("/hub/home").status, 302) << "all its cookies, kept";
    EXPECT_EQ(other.get("/hub/home").status, 200);
    EXPECT_EQ(stolen.get("/hub/home").status, 302) << "whoever else of that name was seen a moment ago";
    kill_hub();
    EXPECT_EQ(stolen.get("/hub/home").status, 302) << "also after a restart";
}

TEST_F(SessionAttacks, a_login_right_after_a_logout_holds_and_revives_nothing)
{
    TestClient alice = login("alice"), stolen = alice;
    alice.get("/hub/logout");
    auto const log_in_again = [&] {
        alice.get("/hub/login");
        EXPECT_EQ(alice.post_form("/hub/login", {{"username", "alice"}, {"password", "secret"}}).status, 302);
        EXPECT_EQ(alice.get("/hub/home").status, 200);
        EXPECT_EQ(stolen.get("/hub/home").status, 302);
    };
    log_in_again();
    kill_hub(); // the new one does not remember whose second is taken
    log_in_again();
}

} // namespace
} // namespace jhub::hub

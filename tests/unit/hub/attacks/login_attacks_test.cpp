// Attacks on the login (S-LOGIN) and on redirects after it (S-REDIR). What needs real accounts stands in
// tests/acceptance/test_attacks.py; hanging PAM modules in tests/unit/privileged/pam_test.cpp.
#include "base/strings.hpp"
#include "hub/support/test_hub.hpp"

namespace jhub::hub {
namespace {

class LoginAttacks : public TestHub {
  protected:
    LoginAttacks() { settings.authenticator.dummy_password = "pw"; }

    TestClient signed_in(std::string const& name)
    {
        TestClient client = browser();
        client.get("/hub/login");
        EXPECT_EQ(client.post_form("/hub/login", {{"username", name}, {"password", "pw"}}).status, 302);
        return client;
    }
    std::string users() { return look("SELECT count(*) FROM users"); }
    // A fresh visitor with a valid XSRF token sends this body to the login form.
    Answer submit(std::string body, std::string type = "application/x-www-form-urlencoded")
    {
        TestClient visitor = browser();
        visitor.get("/hub/login");
        return visitor.send({"POST", "/hub/login", {{"Content-Type", std::move(type)}}, std::move(body)});
    }
};

// S-LOGIN-01
TEST_F(LoginAttacks, a_strange_form_is_refused_and_creates_nobody)
{
    add_user("ada");
    auto const before = users();
    std::string const long_name(300, 'x');
    for (std::string const& body :
         {std::string("password=pw"), std::string("username=ada"), std::string("username=&password=pw"),
          std::string("username=ada&username=bob&password=pw"), std::string("username=ada&password=x&password=pw"),
          "username=" + std::string(5'000'000, 'u') + "&password=pw", std::string("username=a%00b&password=pw"),
          std::string("username=a%0aFAKE%20LOG&password=pw"), std::string("username=%1b%5b31m&password=pw"),
          std::string("username=..%2F..%2Fetc&password=pw"), "username=" + long_name + "&password=pw",
          std::string("username=%ff&password=pw"), std::string("%zz=%zz&&&=")}) {
        auto const answer = submit(body);
        EXPECT_TRUE(answer.status == 400 || answer.status == 403 || answer.status == 413)
            << body.substr(0, 60) << " → " << answer.status;
        EXPECT_FALSE(answer.contains("\x1b[")) << body.substr(0, 60);
        EXPECT_FALSE(answer.contains(long_name)) << "what is echoed is cut";
    }
    EXPECT_EQ(submit(R"({"username": "ada", "password": "pw"})", "application/json").status, 400);
    EXPECT_TRUE(submit("username=%3Cscript%3Ealert(1)%3C/script%3E&password=x").contains("&lt;script&gt;"));
    EXPECT_EQ(users(), before);
}

// S-LOGIN-02
TEST_F(LoginAttacks, a_password_is_compared_to_its_end)
{
    for (std::string const& password :
         {std::string("pw%00x"), std::string("p"), std::string("pw%20"), std::string(), std::string(10'240, 'p')})
        EXPECT_EQ(submit("username=ada&password=" + password).status, 403) << password.substr(0, 20);
    EXPECT_EQ(users(), "0");
    EXPECT_EQ(submit("username=ada&password=pw").status, 302);
}

// S-LOGIN-03
TEST_F(LoginAttacks, one_person_has_one_row_however_the_name_is_written)
{
    add_user("bob");
    for (std::string const name : {"BOB", "%20bob%20", "b%6Fb", "Bob"}) {
        EXPECT_EQ(submit("username=" + name + "&password=pw").status, 302) << name;
        EXPECT_EQ(look("SELECT group_concat(name) FROM users"), "bob") << name;
    }
    for (std::string const name : {"bob%2F..%2Falice", "bob%09x", "bob%E2%80%A8%0a"})
        EXPECT_EQ(submit("username=" + name + "&password=pw").status, 403) << name;
    EXPECT_EQ(users(), "1");
    EXPECT_EQ(submit("username=BILL&password=pw").status, 302);
    EXPECT_EQ(look("SELECT name FROM users ORDER BY id DESC LIMIT 1"), "bill") << "whatever the locale";
}

class Guessing : public LoginAttacks {
  protected:
    Answer by_form(std::string const& from, std::string const& password, http::Headers const& headers = {})
    {
        TestClient visitor = browser();
        visitor.peer = from;
        visitor.always = headers;
        visitor.get("/hub/login");
        return visitor.post_form("/hub/login", {{"username", "alice"}, {"password", password}});
    }
    Answer by_api(std::string const& from, std::string const& password, http::Headers const& headers = {},
                  std::string const& name = "alice")
    {
        TestClient program = browser();
        program.peer = from;
        program.always = headers;
        return program.post("/hub/api/users/alice/tokens", {{"auth", {{"username", name}, {"password", password}}}});
    }
    Json last_entry() { return hub().audit.latest(1).at(0); }
};

// S-LOGIN-04, S-LOGIN-05
TEST_F(Guessing, is_slowed_down_over_both_ways_and_locks_nobody_out_where_they_are_known)
{
    EXPECT_EQ(by_form("198.51.100.7", "pw").status, 302) << "alice, at home";
    for (int i = 0; i < 100; ++i) {
        by_form("192.0.2.1", "wrong");
        by_api("192.0.2.1", "wrong");
    }
    for (auto const& answer : {by_form("192.0.2.1", "pw"), by_api("192.0.2.1", "pw")}) {
        EXPECT_EQ(answer.status, 429);
        EXPECT_GT(parse_number<int>(answer.header("Retry-After")).value_or(0), 0);
    }
    EXPECT_EQ(by_form("198.51.100.7", "wrong").status, 403) << "she may mistype";
    EXPECT_EQ(by_form("198.51.100.7", "pw").status, 302);
}

TEST_F(Guessing, is_slowed_down_over_all_new_addresses_however_the_name_is_written)
{
    int refused = 0;
    for (int i = 0; i < 60; ++i) {
        auto const from = "192.0.2." + std::to_string(i);
        auto const answer =
            i % 2 == 0 ? by_form(from, "wrong") : by_api(from, "wrong", {}, i % 4 == 1 ? " ALICE" : "Alice ");
        refused += answer.status == 429 ? 1 : 0;
        EXPECT_EQ(answer.status, i < 20 ? 403 : 429) << i;
    }
    EXPECT_EQ(refused, 40);
    EXPECT_EQ(by_form("203.0.113.1", "pw").status, 429) << "nobody is known anywhere yet";
}

TEST_F(Guessing, gains_nothing_from_forged_addresses)
{
    int forms = 0, programs = 0;
    for (int i = 0; i < 60; ++i) {
        auto const forged = "198.51.100." + std::to_string(i);
        http::Headers const headers{{"X-Forwarded-For", forged}, {"X-Real-IP", forged}};
        forms += by_form("127.0.0.1", "wrong", headers).status == 429 ? 1 : 0;
        EXPECT_EQ(last_entry()["address"], "127.0.0.1");
        programs += by_api("127.0.0.1", "wrong", headers, "someone" + std::to_string(i)).status == 429 ? 1 : 0;
        EXPECT_EQ(last_entry()["address"], "127.0.0.1");
    }
    EXPECT_EQ(forms, 45) << "30 at one address, of both kinds together";
    EXPECT_EQ(programs, 45);
}

TEST_F(Guessing, is_counted_for_each_client_behind_the_proxy)
{
    auto const sealed = [&](std::string const& address) {
        http::ForwardedSeal::Words words;
        words.add("X-Forwarded-For", address);
        auto const now = std::chrono::floor<std::chrono::seconds>(clock.now());
        return http::Headers{
            {"X-Forwarded-For", address},
            {std::string(http::ForwardedSeal::header_name), http::ForwardedSeal("proxy-token").make(words, now)}};
    };
    for (int i = 0; i < 40; ++i) {
        auto const answer = by_api("127.0.0.1", "wrong", sealed("192.0.2.1"), "someone" + std::to_string(i));
        EXPECT_EQ(answer.status, i < 30 ? 403 : 429) << i;
    }
    EXPECT_EQ(last_entry()["address"], "192.0.2.1");
    EXPECT_EQ(by_form("127.0.0.1", "pw", sealed("192.0.2.2")).status, 302);
    EXPECT_EQ(last_entry()["address"], "192.0.2.2");
}

// S-LOGIN-06
TEST_F(LoginAttacks, an_unknown_name_is_answered_as_a_wrong_password)
{
    add_user("ada");
    auto const shape = [&](std::string const& name) {
        auto const answer = submit("username=" + name + "&password=wrong");
        std::string headers;
        for (auto const& [header, value] : answer.headers)
            headers += header + (header == "Set-Cookie" || header == "ETag" ? "" : ": " + value) + "\n";
        auto const form = answer.body.substr(answer.body.find("<form"));
        auto const without_token = form.substr(0, form.find("name=\"_xsrf\"")) + form.substr(form.find("username"));
        return std::tuple(answer.status, headers, replace_all(without_token, name, "NAME"));
    };
    EXPECT_EQ(shape("ada"), shape("eve"));
}

// S-LOGIN-07
TEST_F(LoginAttacks, a_login_takes_nothing_over_from_the_visitor)
{
    TestClient ada = browser();
    ada.set_cookie("jupyterhub-session-id", "attacker");
    ada.set_cookie("jupyterhub-hub-login", "\"2|1:0|10:1700000000|attacker\"", "/hub/");
    ada.get("/hub/login");
    EXPECT_EQ(ada.post_form("/hub/login", {{"username", "ada"}, {"password", "pw"}}).status, 302);
    auto const session = ada.cookie("jupyterhub-session-id").value();
    EXPECT_NE(session, "attacker");

    TestClient attacker = browser();
    attacker.set_cookie("jupyterhub-session-id", "attacker");
    EXPECT_EQ(attacker.get("/hub/home").status, 302) << "still nobody";

    // Bob logs in over her session: what belonged to it ends, also what her servers had been given.
    make_token("ada", {"inherit"});
    look("UPDATE api_tokens SET session_id = '" + session + "', client_id = 'jupyterhub'");
    TestClient bob = ada;
    EXPECT_EQ(bob.post_form("/hub/login", {{"username", "bob"}, {"password", "pw"}}).status, 302);
    EXPECT_NE(bob.cookie("jupyterhub-session-id").value(), session);
    EXPECT_EQ(look("SELECT count(*) FROM api_tokens"), "0");
    EXPECT_TRUE(bob.get("/hub/home").contains("bob"));
}

// ---- redirects ----

// What a browser makes of such a Location: another place than here?
bool leaves(std::string const& location)
{
    bool const is_path = location.starts_with("/") && !location.starts_with("//") && !location.starts_with("/\\");
    bool const has_controls =
        std::ranges::any_of(location, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
    return !is_path || has_controls;
}

std::vector<std::string> const& hostile_targets()
{
    static std::vector<std::string> const targets{"//evil",
                                                  "///evil",
                                                  "////evil",
                                                  "/\\evil",
                                                  "\\\\evil",
                                                  "/%5cevil",
                                                  "https:evil",
                                                  "https:/evil",
                                                  "http://hub.test//evil/",
                                                  "http://hub.test///evil/",
                                                  "http://hub.test@evil",
                                                  "http://hub.test.evil",
                                                  "/\t/evil",
                                                  "/%09/evil",
                                                  "%2f%2fevil",
                                                  "javascript:alert(1)",
                                                  "data:text/html,x",
                                                  "/hub/../..//evil",
                                                  "?x",
                                                  " //evil",
                                                  std::string("\0//evil", 7),
                                                  "//hub.test\\@evil",
                                                  "\r\nSet-Cookie: a=b",
                                                  "/\r\n/evil"};
    return targets;
}

// S-REDIR-01
TEST_F(LoginAttacks, next_never_leads_away)
{
    TestClient known = signed_in("ada");
    known.always = {{"Host", "hub.test"}};
    for (auto const& target : hostile_targets()) {
        std::string const query = "?" + build_query({{"next", target}});
        EXPECT_FALSE(leaves(known.get("/hub/login" + query).location())) << target;

        TestClient visitor = browser();
        visitor.always = {{"Host", "hub.test"}};
        EXPECT_FALSE(visitor.get("/hub/login" + query).contains("\"//evil")) << target;
        auto const answer = visitor.post_form("/hub/login" + query, {{"username", "bob"}, {"password", "pw"}});
        EXPECT_EQ(answer.status, 302) << target;
        EXPECT_FALSE(leaves(answer.location())) << target << " → " << answer.location();

        auto const spawned = known.get("/hub/spawn" + query);
        if (spawned.status == 302)
            EXPECT_FALSE(leaves(spawned.location())) << target << " → " << spawned.location();
    }
}

// S-REDIR-01
TEST_F(LoginAttacks, next_is_kept_byte_by_byte_when_it_is_ours)
{
    TestClient known = signed_in("ada");
    known.always = {{"Host", "hub.test"}};
    for (auto const& [target, location] :
         {std::pair<std::string, std::string>{"/hub/home?a=5&b=%2F#x", "/hub/home?a=5&b=%2F#x"},
          {"/user/alice/lab/tree/\xC3\xA4%20b", "/user/alice/lab/tree/%C3%A4%20b"},
          {"http://hub.test/hub/token", "/hub/token"}})
        EXPECT_EQ(known.get("/hub/login?" + build_query({{"next", target}})).location(), location);
}

// S-REDIR-03
TEST_F(LoginAttacks, slashes_in_the_address_never_become_another_host)
{
    TestClient visitor = browser(), known = signed_in("ada");
    for (std::string const path :
         {"//evil/%2e%2e", "//evil.example", "/hub//evil.example", "/hub/static//evil", "//hub//evil", "///evil/hub",
          "//evil/user/x", "/%2f/evil", "/hub/..//evil", "//evil/services/x"})
        for (auto* client : {&visitor, &known}) {
            auto const answer = client->get(path);
            EXPECT_LT(answer.status, 500) << path;
            if (answer.location() != "(none)")
                EXPECT_FALSE(leaves(answer.location())) << path << " → " << answer.location();
        }
}

} // namespace
} // namespace jhub::hub

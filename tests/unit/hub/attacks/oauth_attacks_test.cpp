// Attacks on the OAuth provider (S-OAUTH).
#include "auth/oauth_code.hpp"
#include "base/strings.hpp"
#include "hub/support/test_hub.hpp"

namespace jhub::hub {
namespace {

class OAuthAttacks : public TestHub {
  protected:
    OAuthAttacks()
    {
        for (std::string const name : {"grader", "other"}) {
            config::ServiceSpec service;
            service.name = name;
            service.url = "http://127.0.0.1:9000";
            service.api_token = name + "-secret-token";
            service.oauth_client_allowed_scopes = {"read:users!user", "servers"};
            settings.hub.services.push_back(service);
        }
        config::RoleSpec visitors;
        visitors.name = "user";
        visitors.scopes = {"self", "access:services"};
        settings.hub.load_roles = {visitors};
    }

    static std::string authorize(QueryFields const& fields)
    {
        return "/hub/api/oauth2/authorize?" + build_query(fields);
    }
    static QueryFields usual(QueryFields more = {})
    {
        QueryFields fields{{"client_id", "service-grader"}, {"response_type", "code"}, {"state", "s"}};
        fields.insert(fields.end(), more.begin(), more.end());
        return fields;
    }
    static std::string field(std::string const& location, std::string_view name)
    {
        auto const query = parse_query(std::string_view(location).substr(location.find('?') + 1));
        return query_value(query, name).value_or("(none)");
    }
    std::string code(TestClient& person, QueryFields more = {}, QueryFields const& form = {})
    {
        return field(person.post_form(authorize(usual(std::move(more))), form).location(), "code");
    }
    static QueryFields exchange_of(std::string const& a_code, QueryFields more = {})
    {
        QueryFields fields{{"grant_type", "authorization_code"},
                           {"code", a_code},
                           {"client_id", "service-grader"},
                           {"client_secret", "grader-secret-token"}};
        for (auto& [name, value] : more) {
            std::erase_if(fields, [&](auto const& known) { return known.first == name; });
            fields.emplace_back(name, value);
        }
        return fields;
    }
    Answer exchange(QueryFields const& fields) { return browser().post_form("/hub/api/oauth2/token", fields); }
    std::string codes() { return look("SELECT count(*) FROM oauth_codes"); }
    std::string tokens() { return look("SELECT count(*) FROM api_tokens WHERE client_id = 'service-grader'"); }
};

// Everything that grows has a limit; here nobody may be locked out by it.
TEST_F(OAuthAttacks, going_round_for_ever_leaves_the_newest_hundred)
{
    TestClient alice = login("alice"), bob = login("bob");
    auto const bobs = exchange(exchange_of(code(bob))).json()["access_token"].get<std::string>();
    std::vector<std::string> made;
    for (int i = 0; i < 103; ++i)
        made.push_back(exchange(exchange_of(code(alice))).json()["access_token"]);
    EXPECT_EQ(tokens(), "101");
    EXPECT_EQ(look("SELECT count(*) FROM oauth_codes JOIN users ON users.id = user_id WHERE name = 'alice'"), "100");
    auto const works = [this](std::string const& token) {
        TestClient program = browser();
        program.token = token;
        return program.get("/hub/api/user").status == 200;
    };
    EXPECT_FALSE(works(made[0]) || works(made[2]));
    EXPECT_TRUE(works(made[3]) && works(made.back()) && works(bobs));
}

TEST_F(OAuthAttacks, codes_that_nobody_exchanges_give_way_to_newer_ones)
{
    TestClient alice = login("alice");
    auto const first = code(alice);
    std::string last;
    for (int i = 0; i < 120; ++i)
        last = code(alice);
    EXPECT_EQ(codes(), "100");
    EXPECT_EQ(exchange(exchange_of(first)).json()["error"], "invalid_grant");
    EXPECT_EQ(exchange(exchange_of(last)).status, 200);
}

// S-OAUTH-01
TEST_F(OAuthAttacks, a_redirect_goes_to_the_registered_address_or_nowhere)
{
    start_server("alice");
    TestClient alice = login("alice");
    QueryFields const server{{"client_id", "jupyterhub-user-alice"}, {"response_type", "code"}, {"state", "st"}};
    std::string const registered = "/user/alice/oauth_callback";
    for (std::string const uri :
         {"/user/alice/other", "/user/alice/oauth_callback?x=1", "/user/alice/oauth_callback#f",
          "HTTP://hub/user/alice/oauth_callback", "//evil/cb", "/user/alice/oauth_callback/../../bob",
          "/user/alice/oauth_callback/", "/USER/alice/oauth_callback", "http://evil/user/alice/oauth_callback"}) {
        auto fields = server;
        fields.emplace_back("redirect_uri", uri);
        auto const answer = alice.get(authorize(fields));
        EXPECT_EQ(answer.status, 400) << uri;
        EXPECT_EQ(answer.location(), "(none)") << uri;
    }
    EXPECT_TRUE(alice.get(authorize(server)).location().starts_with(registered + "?code="));
    auto exact = server;
    exact.emplace_back("redirect_uri", registered);
    EXPECT_EQ(field(alice.get(authorize(exact)).location(), "state"), "st");
}

// S-OAUTH-02
TEST_F(OAuthAttacks, nobody_gets_a_code_for_the_server_of_somebody_else)
{
    start_server("alice");
    TestClient bob = login("bob");
    QueryFields const fields{{"client_id", "jupyterhub-user-alice"}, {"response_type", "code"}, {"state", "st"}};
    for (auto const& answer : {bob.get(authorize(fields)), bob.post_form(authorize(fields), {})}) {
        EXPECT_EQ(answer.status, 403);
        EXPECT_EQ(answer.location(), "(none)");
    }
    EXPECT_EQ(codes(), "0");
}

// S-OAUTH-03
TEST_F(OAuthAttacks, a_code_that_comes_again_ends_what_came_of_it)
{
    TestClient ada = login("ada");
    auto const a_code = code(ada);
    TestClient service = browser();
    service.token = exchange(exchange_of(a_code)).json()["access_token"];
    EXPECT_EQ(service.get("/hub/api/user").status, 200);

    QueryFields const as_other{{"client_id", "service-other"}, {"client_secret", "other-secret-token"}};
    EXPECT_EQ(exchange(exchange_of(a_code, as_other)).status, 400);
    EXPECT_EQ(service.get("/hub/api/user").status, 200) << "another client cannot end it";

    auto const again = exchange(exchange_of(a_code));
    EXPECT_EQ(again.status, 400);
    EXPECT_EQ(again.json()["error"], "invalid_grant");
    EXPECT_EQ(service.get("/hub/api/user").status, 403);
}

// S-OAUTH-03
TEST_F(OAuthAttacks, a_code_serves_its_client_once_and_for_five_minutes)
{
    TestClient ada = login("ada");
    QueryFields const as_other{{"client_id", "service-other"}, {"client_secret", "other-secret-token"}};
    auto const a_code = code(ada);
    EXPECT_EQ(exchange(exchange_of(a_code, as_other)).status, 400);
    clock.advance(301s);
    EXPECT_EQ(exchange(exchange_of(a_code)).status, 400);

    Call const call{"POST",
                    "/hub/api/oauth2/token",
                    {{"Content-Type", "application/x-www-form-urlencoded"}},
                    build_query(exchange_of(code(ada)))};
    std::vector<TestClient> clients(20, browser());
    std::vector<std::shared_ptr<Exchange>> running;
    for (auto& client : clients)
        running.push_back(client.begin(call));
    int good = 0;
    for (std::size_t i = 0; i < clients.size(); ++i)
        good += clients[i].finish(running[i]).status == 200 ? 1 : 0;
    EXPECT_EQ(good, 1);
}

// S-OAUTH-03: a copy of the database redeems nothing.
TEST_F(OAuthAttacks, a_code_is_stored_as_a_hash)
{
    TestClient ada = login("ada");
    auto const a_code = code(ada);
    auto const stored = look("SELECT code FROM oauth_codes");
    EXPECT_EQ(stored.size(), 36U);
    EXPECT_FALSE(stored.contains(a_code));
    EXPECT_EQ(exchange(exchange_of(stored)).status, 400);
    EXPECT_EQ(exchange(exchange_of(a_code)).status, 200);
}

// S-OAUTH-04
TEST_F(OAuthAttacks, a_challenge_binds_the_code_to_its_verifier)
{
    TestClient ada = login("ada");
    std::string const verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    QueryFields const challenge{{"code_challenge", auth::code_challenge_of(verifier)},
                                {"code_challenge_method", "S256"}};
    EXPECT_EQ(exchange(exchange_of(code(ada, challenge))).status, 400) << "missing";
    EXPECT_EQ(exchange(exchange_of(code(ada, challenge), {{"code_verifier", verifier + "x"}})).status, 400);
    EXPECT_EQ(exchange(exchange_of(code(ada, challenge), {{"code_verifier", ""}})).status, 400);
    EXPECT_EQ(exchange(exchange_of(code(ada), {{"code_verifier", verifier}})).status, 400) << "without a challenge";
    EXPECT_EQ(exchange(exchange_of(code(ada, challenge), {{"code_verifier", verifier}})).status, 200);
    EXPECT_EQ(exchange(exchange_of(code(ada))).status, 200) << "clients of 5.x send none";

    for (QueryFields const& refused : {QueryFields{{"code_challenge", verifier}, {"code_challenge_method", "plain"}},
                                       QueryFields{{"code_challenge", verifier}},
                                       QueryFields{{"code_challenge", "short"}, {"code_challenge_method", "S256"}},
                                       QueryFields{{"code_challenge", verifier}, {"code_challenge_method", "S512"}}}) {
        auto const answer = ada.get(authorize(usual(refused)));
        EXPECT_EQ(field(answer.location(), "error"), "invalid_request") << answer.location();
    }
    auto twice = challenge;
    twice.emplace_back("code_challenge", verifier);
    EXPECT_EQ(ada.get(authorize(usual(twice))).status, 400);
}

// S-OAUTH-05
TEST_F(OAuthAttacks, the_token_end_point_gives_nothing_for_less_than_everything)
{
    start_server("alice");
    TestClient ada = login("ada");
    struct Row {
        QueryFields change;
        int status;
        std::string error;
    };
    for (auto const& row :
         {Row{{{"client_secret", "wrong"}}, 401, "invalid_client"}, Row{{{"client_secret", ""}}, 401, "invalid_client"},
          Row{{{"client_secret", std::string(600, 'x')}}, 401, "invalid_client"},
          Row{{{"client_id", "jupyterhub-user-alice"}}, 401, "invalid_client"},
          Row{{{"client_id", "jupyterhub"}, {"client_secret", ""}}, 401, "invalid_client"},
          Row{{{"grant_type", "password"}}, 400, "unsupported_grant_type"},
          Row{{{"grant_type", "client_credentials"}}, 400, "unsupported_grant_type"},
          Row{{{"grant_type", "refresh_token"}}, 400, "unsupported_grant_type"},
          Row{{{"grant_type", "implicit"}}, 400, "unsupported_grant_type"},
          Row{{{"code", std::string("\0", 1)}}, 400, "invalid_grant"}}) {
        auto const answer = exchange(exchange_of(code(ada), row.change));
        EXPECT_EQ(answer.status, row.status) << row.change[0].second.substr(0, 30);
        EXPECT_EQ(answer.json()["error"], row.error) << row.change[0].second.substr(0, 30);
        EXPECT_EQ(answer.header("Cache-Control"), "no-store");
    }
    auto fields = exchange_of(code(ada));
    EXPECT_EQ(browser().post_form("/hub/api/oauth2/token?client_secret=grader-secret-token", fields).status, 400);
    auto const implicit =
        ada.get(authorize({{"client_id", "service-grader"}, {"response_type", "token"}, {"state", "s"}}));
    EXPECT_EQ(field(implicit.location(), "error"), "unsupported_response_type");
    EXPECT_EQ(tokens(), "0");
}

// S-OAUTH-05
TEST_F(OAuthAttacks, guessing_secrets_is_slowed_down_and_locks_no_client_out)
{
    start_server("alice");
    TestClient ada = login("ada"), alice = login("alice");
    auto const a_code = code(ada);
    auto const guess = [&](std::string const& client, std::string const& secret, std::string const& from) {
        TestClient guesser = browser();
        guesser.peer = from;
        return guesser.post_form("/hub/api/oauth2/token",
                                 exchange_of(a_code, {{"client_id", client}, {"client_secret", secret}}));
    };
    Answer last;
    int tries = 0;
    for (; tries < 100 && last.status != 429; ++tries)
        last = guess("service-grader", "wrong-" + std::to_string(tries), "10.9.9.9");
    EXPECT_EQ(last.status, 429);
    EXPECT_GT(tries, 10);
    EXPECT_GT(std::stoi(last.header("Retry-After")), 0);
    EXPECT_EQ(last.json()["error"], "temporarily_unavailable");
    EXPECT_EQ(last.header("Cache-Control"), "no-store");

    EXPECT_EQ(guess("service-grader", "grader-secret-token", "10.9.9.9").status, 429) << "a guess, as it may be";
    EXPECT_EQ(guess("service-grader", "grader-secret-token", "10.1.1.1").status, 200) << "from elsewhere";
    auto const next_code = code(ada);
    TestClient same = browser();
    same.peer = "10.9.9.9";
    EXPECT_EQ(same.post_form("/hub/api/oauth2/token", exchange_of(next_code)).status, 200) << "it has shown its secret";

    for (int i = 0; i < 100; ++i)
        last = guess("no-such-client-" + std::to_string(i), "x", "10.9.9.9");
    EXPECT_EQ(last.status, 429) << "other names do not help";

    QueryFields const server{{"client_id", "jupyterhub-user-alice"}, {"response_type", "code"}, {"state", "st"}};
    auto const of_server = field(alice.get(authorize(server)).location(), "code");
    for (int i = 0; i < 30; ++i)
        (void)guess("jupyterhub-user-alice", "x", "10.9.9.9");
    auto const exchanged =
        same.post_form("/hub/api/oauth2/token",
                       exchange_of(of_server, {{"client_id", "jupyterhub-user-alice"},
                                               {"client_secret", spawner.variable("alice", "JUPYTERHUB_API_TOKEN")}}));
    EXPECT_EQ(exchanged.status, 200) << "a server started by this hub: " << exchanged.body;
}

// S-OAUTH-06
TEST_F(OAuthAttacks, nobody_is_granted_more_than_client_and_person_have)
{
    TestClient ada = login("ada");
    for (std::string const scope : {"admin:users", "inherit", "access:servers!user=bob", "read:users"}) {
        auto const answer = ada.get(authorize(usual({{"scope", "read:users!user " + scope}})));
        EXPECT_EQ(field(answer.location(), "error"), "invalid_scope") << scope << " " << answer.status;
        auto const agreed = ada.post_form(authorize(usual()), {{"scopes", scope}});
        EXPECT_EQ(field(agreed.location(), "error"), "invalid_scope") << scope;
    }
    EXPECT_EQ(codes(), "0");

    EXPECT_FALSE(ada.get(authorize(usual({{"scope", "servers!server=bob/"}}))).contains("bob"))
        << "the client may, ada not";
    auto const page = ada.get(authorize(usual())); // "servers" for everybody is more than ada has
    EXPECT_EQ(page.status, 200);
    EXPECT_FALSE(page.contains("value=\"servers\""));
    EXPECT_TRUE(page.contains("value=\"read:users!user\""));
    auto const token =
        exchange(exchange_of(code(ada, {}, {{"scopes", "servers"}, {"scopes", "read:users!user"}}))).json();
    auto granted = split(token["scope"].get<std::string>(), ' ');
    std::ranges::sort(granted);
    auto stored = Json::parse(look("SELECT scopes FROM api_tokens WHERE client_id = 'service-grader'"))
                      .get<std::vector<std::string>>();
    std::ranges::sort(stored);
    EXPECT_EQ(granted, stored);
    TestClient service = browser();
    service.token = token["access_token"];
    std::vector<std::string> const held = service.get("/hub/api/user").json()["scopes"];
    for (auto const& scope : held)
        EXPECT_TRUE(scope.ends_with("!user=ada") || scope == "access:services!service=grader") << scope;
}

// S-OAUTH-06
TEST_F(OAuthAttacks, the_consent_page_shows_a_clients_words_as_text)
{
    hub();
    look("UPDATE oauth_clients SET description = '<script>alert(1)</script>' WHERE identifier = 'service-grader'");
    auto const page = login("ada").get(authorize(usual()));
    EXPECT_EQ(page.status, 200);
    EXPECT_FALSE(page.contains("<script>alert(1)"));
    EXPECT_TRUE(page.contains("&lt;script&gt;alert(1)"));
}

} // namespace
} // namespace jhub::hub

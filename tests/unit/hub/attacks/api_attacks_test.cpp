// Attacks on the REST API (S-API) with too little right, odd credentials, types, names and sizes.
#include "base/strings.hpp"
#include "hub/dispatch/rest_api_document.hpp"
#include "hub/support/test_hub.hpp"
#include "store/roles.hpp"
#include "store/services.hpp"

namespace jhub::hub {
namespace {

class ApiAttacks : public TestHub {
  protected:
    // A service that holds these scopes and nothing else.
    TestClient service(std::string const& name, std::vector<std::string> scopes)
    {
        TestClient client = with_service_token(name);
        write([&](store::Transaction& transaction) {
            model::Role role;
            role.name = "of-" + name;
            role.scopes = std::move(scopes);
            store::grant_role(transaction, model::HolderKind::service, store::find_service(transaction, name)->id,
                              store::upsert_role(transaction, role));
            return true;
        });
        return client;
    }
    std::string users() { return look("SELECT group_concat(name || admin) FROM users"); }
};

Call call_of(Route const& route)
{
    std::string path(route.pattern);
    for (auto const& name : {"{user}", "{owner}", "{group}", "{service}", "{server?}", "{server}", "{name?}", "{name}",
                             "{id?}", "{value?}", "{token}"})
        path = replace_all(path, name, "bob");
    Call call{std::string(http::to_string(route.method)), "/hub" + path, {{"Content-Type", "application/json"}}};
    call.body = call.method == "GET" ? "" : "{}";
    return call;
}

// S-API-01: the frozen table of decisions (api/decisions_test.cpp) has who holds what; here is who is nobody.
TEST_F(ApiAttacks, worthless_credentials_are_nobody_at_every_route)
{
    add_user("bob");
    add_user("root", true);
    std::string const expired = make_token("root", {"inherit"}, clock.now() - 1s),
                      revoked = make_token("root", {"inherit"});
    look("DELETE FROM api_tokens WHERE expires_at IS NULL");
    std::vector<std::string> const worthless{"token " + expired,
                                             "Bearer " + revoked,
                                             "token " + std::string(40, 'a'),
                                             "token " + std::string(1'000'000, 'a'),
                                             "token",
                                             "token  ",
                                             "Basic cm9vdDpyb290",
                                             "token " + expired + " x",
                                             "xtoken " + expired};
    for (auto const& table : tables())
        for (auto const& route : table.routes) {
            if (!route.pattern.starts_with("/api/") || table.credentials == Credentials::none)
                continue;
            int const anonymous = browser().send(call_of(route)).status;
            for (auto const& authorization : worthless) {
                Call call = call_of(route);
                call.headers.set("Authorization", authorization);
                EXPECT_EQ(browser().send(call).status, anonymous)
                    << route_name(route) << " " << authorization.substr(0, 20);
            }
        }
}

// S-API-01
TEST_F(ApiAttacks, both_schemes_in_any_case_name_the_same_person)
{
    auto const token = make_token("ada", {"inherit"});
    for (std::string const scheme : {"token", "Token", "TOKEN", "bearer", "Bearer", "BEARER"})
        EXPECT_EQ(browser().get("/hub/api/user", {{"Authorization", scheme + " " + token}}).json()["name"], "ada")
            << scheme;
    EXPECT_EQ(browser().get("/hub/api/user?token=" + token).status, 403) << "never from the address";
}

// S-API-01
TEST_F(ApiAttacks, what_is_out_of_scope_does_not_exist)
{
    add_user("bob");
    TestClient alice = with_token("alice");
    for (std::string const path : {"", "/tokens", "/tokens/a1", "/server/progress", "/shared"}) {
        auto const hidden = alice.get("/hub/api/users/bob" + path), missing = alice.get("/hub/api/users/nosuch" + path);
        EXPECT_EQ(hidden.status, 404) << path;
        EXPECT_EQ(hidden.body, missing.body) << path;
    }
}

// S-API-03
TEST_F(ApiAttacks, managing_users_is_not_making_administrators)
{
    add_user("alice");
    add_user("adm", true);
    TestClient program = service("SA", {"admin:users"});
    auto const before = users();
    EXPECT_EQ(program.patch("/hub/api/users/alice", {{"admin", true}}).status, 403);
    EXPECT_EQ(program.patch("/hub/api/users/adm", {{"name", "x"}}).status, 403);
    EXPECT_EQ(program.patch("/hub/api/users/adm", {{"admin", false}}).status, 403);
    EXPECT_EQ(program.post("/hub/api/users", {{"usernames", {"n1"}}, {"admin", true}}).status, 403);
    EXPECT_EQ(program.post("/hub/api/users/n2", {{"admin", true}}).status, 403);
    EXPECT_EQ(users(), before);
    EXPECT_EQ(program.post("/hub/api/users/n3").status, 201);
}

// S-API-04
TEST_F(ApiAttacks, a_group_is_not_the_whole_hub)
{
    add_group("g1", {"alice"});
    add_user("bob");
    TestClient users_of_g1 = service("SF", {"admin:users!group=g1"}),
               g1_itself = service("SG", {"admin:groups!group=g1"}),
               list_of_g1 = service("SR", {"list:users!group=g1"});
    EXPECT_EQ(users_of_g1.post("/hub/api/users", {{"usernames", {"n3"}}}).status, 403);
    EXPECT_EQ(users_of_g1.post("/hub/api/users/n3").status, 404) << "hidden, as all that is not in the group";
    EXPECT_EQ(users_of_g1.patch("/hub/api/users/bob", {{"name", "bob2"}}).status, 404);
    EXPECT_EQ(g1_itself.post("/hub/api/groups", {{"groups", {"g9"}}}).status, 403);
    EXPECT_EQ(g1_itself.post("/hub/api/groups/g9").status, 404);
    EXPECT_EQ(users(), "alice0,bob0");
    EXPECT_EQ(users_of_g1.patch("/hub/api/users/alice", {{"name", "bob2"}}).status, 200);
    Json const list = list_of_g1.get("/hub/api/users").json();
    EXPECT_EQ(list.size(), 1U);
    EXPECT_EQ(list[0]["name"], "bob2");
    for (std::string const query : {"state=x", "sort=name;drop", "offset=x", "limit=1e9"})
        EXPECT_EQ(list_of_g1.get("/hub/api/users?" + query).status, 400) << query;
    EXPECT_EQ(list_of_g1.get("/hub/api/users?offset=-1&limit=99999999").json().size(), 0U) << "offset 1";
}

// S-API-05
TEST_F(ApiAttacks, bodies_of_the_wrong_kind_create_nobody)
{
    add_user("root", true);
    TestClient root = with_token("root");
    auto const before = users();
    std::string const nested = std::string(100'000, '[') + std::string(100'000, ']');
    for (std::string const& body :
         {std::string(R"({"usernames": "abc"})"), std::string(R"({"usernames": [1, null, {}]})"),
          std::string(R"({"usernames": []})"), nested, "{\"usernames\": " + nested + "}",
          std::string(R"({"usernames": ["a"], "usernames": ["b"]})"),
          std::string(R"({"usernames": ["a"], "admin": "yes"})"), std::string("[]"), std::string("\"x\""),
          std::string("nul"), std::string("\xef\xbb\xbf{\"usernames\": [\"a\"]}"), std::string("\xff\xfe{\0\"\0", 6),
          std::string("{\"usernames\": [\"a\xff\"]}"), std::string(R"({"usernames": ["\ud800"]})"),
          std::string(R"({"usernames": ["a"], "admin": 1e400})"), std::string(R"({"usernames": ["a", "a/b"]})"),
          std::string(R"({"usernames": ["a"]} x)"), "{\"usernames\": [\"" + std::string(5'000'000, 'a') + "\"]}"}) {
        auto const answer = root.send({"POST", "/hub/api/users", {{"Content-Type", "application/json"}}, body});
        EXPECT_TRUE(answer.status == 400 || answer.status == 413) << body.substr(0, 60) << " → " << answer.status;
    }
    EXPECT_EQ(users(), before);
}

// S-API-06
TEST_F(ApiAttacks, tokens_are_asked_for_in_form_and_in_measure)
{
    add_user("alice");
    TestClient alice = with_token("alice");
    auto const ask = [&](std::string const& body) {
        return alice.send({"POST", "/hub/api/users/alice/tokens", {{"Content-Type", "application/json"}}, body}).status;
    };
    for (std::string const seconds : {"-1", "true", "\"5\"", "1e18", "1.5", "9223372036854775808", "[]", "-0.5"})
        EXPECT_EQ(ask("{\"expires_in\": " + seconds + "}"), 400) << seconds;
    EXPECT_EQ(ask(R"({"scopes": ["admin:users"]})"), 400);
    EXPECT_EQ(ask(R"({"roles": ["admin"]})"), 400);
    EXPECT_EQ(ask(R"({"note": ")" + std::string(1'000'000, 'n') + "\"}"), 400);
    EXPECT_EQ(look("SELECT count(*) FROM api_tokens"), "1");

    hub();
    look("INSERT INTO api_tokens (user_id, hashed, prefix, client_id, scopes) WITH RECURSIVE n(i) AS (SELECT 1 UNION "
         "ALL "
         "SELECT i + 1 FROM n WHERE i < 999) SELECT (SELECT id FROM users WHERE name = 'alice'), 'h' || i, 'none', "
         "'jupyterhub', '[]' FROM n");
    EXPECT_EQ(ask("{}"), 429) << "1000 are enough for anybody";
    look("UPDATE api_tokens SET expires_at = '2020-01-01 00:00:00.000000' WHERE hashed = 'h1'");
    EXPECT_EQ(ask("{}"), 201) << "one has expired";
}

// S-API-07
TEST_F(ApiAttacks, names_that_are_none_name_nothing)
{
    settings.hub.allow_named_servers = true;
    add_user("root", true);
    add_user("alice");
    add_user("bob");
    TestClient root = with_token("root");
    auto const before = users();
    std::string const long_name(300, 'n');
    for (std::string const& name :
         {std::string("a%2Fb"), std::string("%2e%2e"), std::string("%2e"), std::string("a%00b"), std::string("a%0Ab"),
          std::string("%20a"), std::string("a%20"), std::string(""), long_name, std::string("%1b%5b2J"),
          std::string("%ff"), std::string("alice%2F..%2Fbob")}) {
        auto const refused = [&](std::string const& path) {
            auto const answer = root.post(path);
            EXPECT_TRUE(answer.status == 400 || answer.status == 404) << path.substr(0, 60) << " → " << answer.status;
        };
        refused("/hub/api/users/" + name);
        refused("/hub/api/groups/" + name);
        if (!name.empty())
            refused("/hub/api/users/alice/servers/" + name);
        EXPECT_EQ(root.delete_("/hub/api/users/" + name).status, 404) << name.substr(0, 60);
        auto const decoded = percent_decode(name);
        if (!decoded || !is_valid_utf8(*decoded))
            continue;
        EXPECT_EQ(root.patch("/hub/api/users/alice", {{"name", *decoded}}).status, 400) << name.substr(0, 60);
        EXPECT_EQ(root.post("/hub/api/users", {{"usernames", {*decoded}}}).status, 400) << name.substr(0, 60);
        EXPECT_EQ(root.post("/hub/api/groups", {{"groups", {*decoded}}}).status, 400) << name.substr(0, 60);
    }
    EXPECT_EQ(users(), before);
    EXPECT_EQ(look("SELECT count(*) FROM groups"), "0");
    EXPECT_EQ(spawner.starts(), 0U);
    EXPECT_EQ(root.post("/hub/api/users/a:b").status, 201) << "odd, but a name";
}

// S-API-08
TEST_F(ApiAttacks, a_user_cannot_be_changed_in_what_no_request_changes)
{
    add_user("root", true);
    add_user("alice");
    add_group("g1", {});
    TestClient root = with_token("root"), alice = with_token("alice");
    auto const state = [&] { return look("SELECT group_concat(id || name || admin || cookie_id) FROM users"); };
    auto const before = state();
    for (std::string const body : {R"({"groups": ["g1"]})", R"({"roles": ["admin"]})", R"({"auth_state": {}})",
                                   R"({"id": 1})", R"({"cookie_id": "x"})", R"({"__class__": "x"})",
                                   R"({"admin": null})", R"({"name": 5})", "{\"kind\": \"user\"}"})
        for (auto* client : {&root, &alice}) {
            auto const answer =
                client->send({"PATCH", "/hub/api/users/alice", {{"Content-Type", "application/json"}}, body});
            EXPECT_TRUE(answer.status == 400 || answer.status == 403) << body << " → " << answer.status;
        }
    EXPECT_EQ(state(), before);
    EXPECT_EQ(look("SELECT count(*) FROM user_group_map"), "0");
}

// S-API-09
TEST_F(ApiAttacks, options_of_a_server_stay_options)
{
    add_user("alice");
    TestClient alice = with_token("alice");
    std::string const path = "/hub/api/users/alice/server";
    EXPECT_EQ(alice.post(path, {{"a", std::string(70 * 1024, 'x')}}).status, 400);
    EXPECT_EQ(spawner.starts(), 0U);
    Json const options{{"cmd", {"/bin/sh"}},
                       {"env", {{"LD_PRELOAD", "evil.so"}}},
                       {"args", {"--allow-root"}},
                       {"a;b", {{"c", {1, Json::object()}}}},
                       {"environment", {{"LD_PRELOAD", "evil.so"}}}};
    EXPECT_EQ(alice.post(path, options).status, 201);
    ASSERT_EQ(spawner.starts(), 1U);
    auto const& request = spawner.requests.back();
    for (auto const& [name, value] : request.env)
        EXPECT_FALSE(value.contains("evil") || value.contains("--allow-root")) << name;
    EXPECT_EQ(request.cmd, hub().settings.spawner.cmd);
    EXPECT_EQ(std::ranges::count(request.args, "--allow-root"), 0);
    EXPECT_EQ(Json::parse(look("SELECT user_options FROM spawners")), options);
}

// S-API-10
TEST_F(ApiAttacks, activity_is_reported_for_oneself_and_for_now)
{
    start_server("alice");
    add_user("bob");
    TestClient server = browser(), alice = with_token("alice");
    server.token = spawner.variable("alice", "JUPYTERHUB_API_TOKEN");
    std::string const path = "/hub/api/users/alice/activity";
    for (Json const& time :
         {Json("9999-01-01T00:00:00Z"), Json(-1), Json("-1"), Json("x"), Json(1e300), Json(Json::array())})
        EXPECT_EQ(server.post(path, {{"last_activity", time}}).status, 400) << time;
    std::string many; // put together as text: a Json would look for each key among all
    for (int i = 0; i < 10'000; ++i)
        many += (i == 0 ? "" : ",") + ("\"s" + std::to_string(i)) + R"(": {"last_activity": "2026-01-01T00:00:00Z"})";
    EXPECT_EQ(server.post(path, parse_json("{\"servers\": {" + many + "}}").value()).status, 400);
    EXPECT_EQ(server.post("/hub/api/users/bob/activity", {{"last_activity", "2026-01-01T00:00:00Z"}}).status, 404);
    EXPECT_EQ(server.post(path, {{"last_activity", "2026-01-01T00:00:00Z"}}).status, 200);
}

// S-API-11
TEST_F(ApiAttacks, other_methods_and_other_spellings_are_no_way_in)
{
    add_user("root", true);
    TestClient root = with_token("root");
    for (auto const& table : tables())
        for (auto const& route : table.routes) {
            auto const call = call_of(route);
            bool const by_token = table.surface == Surface::api && table.credentials != Credentials::none;
            if (!call.target.starts_with("/hub/api/") || !by_token)
                continue;
            for (std::string const method : {"TRACE", "CONNECT", "FOO", "get"}) {
                auto const answer = root.send({method, call.target});
                EXPECT_EQ(answer.status, 405) << method << " " << call.target;
                EXPECT_NE(answer.header("Allow"), "(none)") << call.target;
            }
        }
    for (std::string const path :
         {"/hub/api/users/", "/hub/api//users", "/hub/API/users", "/hub/api/Users", "/hub/api/users/root/",
          "/hub/api/users%2Froot", "/hub/api/./users", "/hub/api/x/../users"})
        EXPECT_EQ(root.get(path).status, 404) << path;
    EXPECT_EQ(root.get("/hub/api/users?no_such_key=1&DROP=TABLE").status, 200);
    for (std::string const text : {"' OR 1=1--", "\"; DROP TABLE users; --", "x' UNION SELECT 1"}) {
        EXPECT_EQ(root.get("/hub/api/users?" + build_query({{"name_filter", text}})).json().size(), 0U) << text;
        EXPECT_EQ(root.get("/hub/api/users/" + percent_encode(text)).status, 404) << text;
        EXPECT_EQ(root.post("/hub/api/users/root/tokens", {{"note", text}}).json()["note"], text);
    }
    EXPECT_EQ(users(), "root1");
}

} // namespace
} // namespace jhub::hub

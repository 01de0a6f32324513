// API tokens over the REST API (reference rest-api.md §2.4, §3.4).
#include "base/time_text.hpp"
#include "hub/support/test_hub.hpp"

namespace jhub::hub {
namespace {

class TokensApi : public TestHub {
  protected:
    std::string const path = "/hub/api/users/ada/tokens";
};

TEST_F(TokensApi, a_new_token_is_shown_once_and_works)
{
    TestClient ada = login("ada");
    auto const answer = ada.post(path, {{"note", "for the cron job"}, {"expires_in", 60}});
    ASSERT_EQ(answer.status, 201);
    Json const model = answer.json();
    EXPECT_EQ(model["user"], "ada");
    EXPECT_EQ(model["note"], "for the cron job");
    EXPECT_EQ(model["kind"], "api_token");
    EXPECT_EQ(model["roles"], Json::array());
    EXPECT_EQ(model["oauth_client"], "JupyterHub");
    EXPECT_EQ(model["session_id"], nullptr);
    EXPECT_EQ(model["created"], to_iso8601(clock.now()));
    EXPECT_EQ(model["expires_at"], to_iso8601(clock.now() + 60s));
    TestClient program = browser();
    program.token = model["token"];
    EXPECT_EQ(program.get("/hub/api/user").json()["name"], "ada");
    EXPECT_EQ(program.get("/hub/api/user").json()["token_id"], model["id"]);

    Json const listed = ada.get(path).json()["api_tokens"];
    ASSERT_EQ(listed.size(), 1U);
    EXPECT_EQ(listed[0]["id"], model["id"]);
    EXPECT_FALSE(listed[0].contains("token")) << "only the creation shows it";
    EXPECT_EQ(ada.get(path + "/" + std::string(model["id"])).json()["note"], "for the cron job");
}

TEST_F(TokensApi, the_default_note_says_on_whose_behalf)
{
    EXPECT_EQ(login("ada").post(path).json()["note"], "Requested via api");
    add_user("root", true);
    EXPECT_EQ(with_token("root").post(path).json()["note"], "Requested via api by user root");
}

TEST_F(TokensApi, a_service_needs_the_unrestricted_scope)
{
    add_user("ada");
    TestClient service = with_service_token("grader", {"inherit"});
    EXPECT_EQ(service.post(path).status, 403);
}

TEST_F(TokensApi, wrong_orders_are_400)
{
    TestClient ada = login("ada");
    for (Json const& body :
         {Json{{"expires_in", "60"}}, Json{{"expires_in", -1}}, Json{{"expires_in", 1.5}},
          Json{{"expires_in", 99999999999}}, Json{{"note", 5}}, Json{{"note", std::string(2000, 'n')}},
          Json{{"scopes", "self"}}, Json{{"scopes", {1}}}, Json{{"scopes", {"no:such:scope"}}},
          Json{{"scopes", {"admin:users"}}}, Json{{"roles", {"nobody"}}}, Json{{"roles", {"admin"}}},
          Json{{"roles", {"token"}}, {"scopes", {"inherit"}}}, Json::array(), Json("x"), Json(5)})
        EXPECT_EQ(ada.post(path, body).status, 400) << body;
    EXPECT_EQ(ada.send({"POST", path, {{"Content-Type", "application/json"}}, "{\"note\":"}).status, 400);
    EXPECT_EQ(look("SELECT count(*) FROM api_tokens"), "0");
}

TEST_F(TokensApi, a_token_has_at_most_what_its_owner_has)
{
    TestClient ada = login("ada");
    auto const answer = ada.post(path, {{"scopes", {"read:users!user"}}});
    ASSERT_EQ(answer.status, 201) << answer.body;
    TestClient program = browser();
    program.token = answer.json()["token"];
    EXPECT_EQ(program.get("/hub/api/users/ada").status, 200);
    EXPECT_EQ(program.get(path).status, 403);
    EXPECT_EQ(ada.post(path, {{"scopes", {"read:users"}}}).status, 400) << "of everybody: ada has that of herself only";
}

TEST_F(TokensApi, the_longest_lifetime_holds_for_tokens_that_ask_for_none)
{
    settings.hub.token_expires_in_max = 3600s;
    TestClient ada = login("ada");
    for (Json const& body : {Json(), Json{{"expires_in", nullptr}}, Json{{"expires_in", 0}}})
        EXPECT_EQ(ada.post(path, body).json()["expires_at"], to_iso8601(clock.now() + 3600s)) << body;
    EXPECT_EQ(ada.post(path, {{"expires_in", 3601}}).status, 400);
    EXPECT_EQ(ada.post(path, {{"expires_in", 3600}}).status, 201);
}

TEST_F(TokensApi, of_one_user_are_a_thousand_those_of_oauth_not_counted)
{
    TestClient ada = login("ada");
    auto const add_a_thousand = [this](std::string const& client) {
        look("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) "
             "INSERT INTO api_tokens (user_id, client_id, hashed) SELECT users.id, '" +
             client + "', '" + client + "' || i FROM n, users WHERE users.name = 'ada'");
    };
    look("INSERT INTO oauth_clients (identifier) VALUES ('service-x')");
    add_a_thousand("service-x");
    EXPECT_EQ(ada.post(path).status, 201);
    add_a_thousand("jupyterhub");
    auto const answer = ada.post(path);
    EXPECT_EQ(answer.status, 429);
    EXPECT_TRUE(answer.message().contains("1000")) << answer.body;
}

TEST_F(TokensApi, nobody_makes_tokens_for_others)
{
    add_user("bob");
    TestClient ada = login("ada");
    EXPECT_EQ(ada.post("/hub/api/users/bob/tokens").status, 403);
    EXPECT_EQ(ada.post("/hub/api/users/nobody/tokens").status, 403) << "no such user looks the same";
    EXPECT_EQ(ada.get("/hub/api/users/bob/tokens").status, 404);
    EXPECT_EQ(browser().post(path).status, 403);
}

TEST_F(TokensApi, credentials_in_the_body_stand_for_a_login)
{
    settings.authenticator.dummy_password = "right";
    auto const with = [&](std::string const& name, std::string const& password, std::string const& target) {
        Json const auth{{"username", name}, {"password", password}};
        return browser().post(target, {{"auth", auth}});
    };
    auto const answer = with("ada", "right", path);
    ASSERT_EQ(answer.status, 201) << answer.body;
    EXPECT_EQ(answer.json()["user"], "ada");
    EXPECT_EQ(with("ada", "wrong", path).status, 403);
    EXPECT_EQ(with("bob", "right", path).status, 403) << "the credentials of somebody else";
    EXPECT_EQ(browser().post(path, {{"auth", "x"}}).status, 403);
}

TEST_F(TokensApi, credentials_of_who_is_known_already_are_not_looked_at)
{
    settings.authenticator.dummy_password = "right";
    add_user("ada");
    TestClient ada = with_token("ada");
    EXPECT_EQ(ada.post(path, {{"auth", {{"username", "ada"}, {"password", "wrong"}}}}).status, 201);
    EXPECT_EQ(ada.post(path, {{"auth", nullptr}}).status, 201);
    EXPECT_EQ(browser().post(path, {{"auth", nullptr}}).status, 403);
}

TEST_F(TokensApi, guessing_with_credentials_is_slowed_down)
{
    settings.authenticator.dummy_password = "right";
    Json const wrong{{"auth", {{"username", "ada"}, {"password", "wrong"}}}};
    Json const right{{"auth", {{"username", "ada"}, {"password", "right"}}}};
    for (int i = 0; i < 20; ++i)
        EXPECT_EQ(browser().post(path, wrong).status, 403);
    auto const answer = browser().post(path, right);
    EXPECT_EQ(answer.status, 429) << "the password is not even looked at";
    EXPECT_NE(answer.header("Retry-After"), "(none)");
}

TEST_F(TokensApi, a_revoked_token_is_dead)
{
    TestClient ada = login("ada");
    Json const made = ada.post(path).json();
    TestClient program = browser();
    program.token = made["token"];
    ASSERT_EQ(program.get("/hub/api/user").status, 200);
    EXPECT_EQ(ada.delete_(path + "/" + std::string(made["id"])).status, 204);
    EXPECT_EQ(program.get("/hub/api/user").status, 403);
    EXPECT_EQ(ada.delete_(path + "/" + std::string(made["id"])).status, 404);
}

TEST_F(TokensApi, ids_that_are_none_and_tokens_of_others_are_404)
{
    TestClient ada = login("ada");
    TestClient bob = login("bob");
    std::string const foreign = bob.post("/hub/api/users/bob/tokens").json()["id"];
    for (std::string const& id : {std::string("1"), std::string("a"), std::string("ax"), std::string("a-1"),
                                  std::string("a99999999999999999999"), std::string(""), foreign}) {
        EXPECT_EQ(ada.get(path + "/" + id).status, 404) << id;
        EXPECT_EQ(ada.delete_(path + "/" + id).status, 404) << id;
    }
    EXPECT_EQ(bob.get("/hub/api/users/bob/tokens/" + foreign).status, 200);
}

TEST_F(TokensApi, expired_tokens_are_not_listed)
{
    TestClient ada = login("ada");
    Json const made = ada.post(path, {{"expires_in", 60}}).json();
    clock.advance(61s);
    EXPECT_EQ(ada.get(path).json()["api_tokens"].size(), 0U);
    EXPECT_EQ(ada.get(path + "/" + std::string(made["id"])).status, 404);
}

} // namespace
} // namespace jhub::hub

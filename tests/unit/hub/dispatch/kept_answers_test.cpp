// What is remembered between requests, callers and answers alike, is never older than the data (docs/decisions/0015).
#include "hub/support/test_hub.hpp"

namespace jhub::hub {
namespace {

class KeptAnswersOfTheHub : public TestHub {
  protected:
    std::string const self = "/hub/api/user";
    // Asked twice before something changes, so that the second answer may come from memory.
    static Answer twice(TestClient& client, std::string const& target)
    {
        Answer const first = client.get(target);
        Answer second = client.get(target);
        EXPECT_EQ(second.status, first.status);
        EXPECT_EQ(second.body, first.body);
        EXPECT_EQ(second.header("ETag"), first.header("ETag"));
        EXPECT_EQ(second.header("Content-Type"), first.header("Content-Type"));
        return second;
    }
};

TEST_F(KeptAnswersOfTheHub, a_revoked_token_does_not_work_after_the_answer_that_says_so)
{
    TestClient ada = login("ada");
    Json const made = ada.post("/hub/api/users/ada/tokens", {{"note", "lost"}}).json();
    TestClient thief = browser();
    thief.token = made["token"];
    EXPECT_EQ(twice(thief, self).status, 200);
    ASSERT_EQ(ada.delete_("/hub/api/users/ada/tokens/" + std::string(made["id"])).status, 204);
    EXPECT_EQ(thief.get(self).status, 403);
}

TEST_F(KeptAnswersOfTheHub, a_token_that_another_program_deletes_does_not_work_any_more)
{
    add_user("ada");
    TestClient ada = with_token("ada");
    EXPECT_EQ(twice(ada, self).status, 200);
    look("DELETE FROM api_tokens");
    EXPECT_EQ(ada.get(self).status, 403);
}

TEST_F(KeptAnswersOfTheHub, a_token_runs_out_while_it_is_remembered)
{
    add_user("ada");
    TestClient ada = browser();
    ada.token = make_token("ada", {"inherit"}, clock.now() + 60s);
    EXPECT_EQ(twice(ada, self).status, 200);
    clock.advance(61s);
    EXPECT_EQ(ada.get(self).status, 403);
}

TEST_F(KeptAnswersOfTheHub, a_new_cookie_id_ends_the_sessions_at_once)
{
    TestClient ada = login("ada");
    EXPECT_EQ(twice(ada, self).status, 200);
    look("UPDATE users SET cookie_id = 'another'");
    EXPECT_EQ(ada.get(self).status, 403);
}

TEST_F(KeptAnswersOfTheHub, what_another_program_writes_is_seen_with_the_next_request)
{
    add_user("ada");
    grant("ada", "lister", {"list:users"});
    TestClient ada = with_token("ada");
    EXPECT_FALSE(twice(ada, "/hub/api/users").json()[0]["admin"]);
    look("UPDATE users SET admin = 1 WHERE name = 'ada'");
    EXPECT_TRUE(ada.get("/hub/api/users").json()[0]["admin"]);
    look("UPDATE roles SET scopes = '[]' WHERE name = 'lister'");
    EXPECT_EQ(ada.get("/hub/api/users").status, 403);
}

TEST_F(KeptAnswersOfTheHub, a_server_that_starts_and_stops_is_shown_in_each_state)
{
    add_user("ada");
    TestClient ada = with_token("ada");
    EXPECT_EQ(twice(ada, self).json()["server"], nullptr);
    start_server("ada");
    EXPECT_EQ(twice(ada, self).json()["server"], "/user/ada/");
    EXPECT_EQ(ada.delete_("/hub/api/users/ada/server").status, 204);
    EXPECT_EQ(twice(ada, self).json()["server"], nullptr);
}

TEST_F(KeptAnswersOfTheHub, everybody_gets_their_own)
{
    add_user("ada");
    add_user("eve");
    TestClient ada = with_token("ada");
    TestClient eve = with_token("eve");
    EXPECT_EQ(twice(ada, self).json()["name"], "ada");
    EXPECT_EQ(twice(eve, self).json()["name"], "eve");
    EXPECT_EQ(twice(ada, self).json()["name"], "ada");
}

TEST_F(KeptAnswersOfTheHub, the_way_to_the_next_page_follows_the_address_that_was_asked)
{
    add_user("ada");
    add_user("eve");
    grant("ada", "lister", {"list:users"});
    TestClient ada = with_token("ada");
    ada.always.set("Accept", "application/jupyterhub-pagination+json");
    for (std::string const host : {"one.example", "two.example"}) {
        auto const page = ada.get("/hub/api/users?limit=1", {{"Host", host}}).json();
        EXPECT_EQ(page["_pagination"]["next"]["url"], "http://" + host + "/hub/api/users?offset=1&limit=1");
    }
}

} // namespace
} // namespace jhub::hub

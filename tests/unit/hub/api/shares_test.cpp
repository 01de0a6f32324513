// Shares and share codes, over the REST API and by the page that a code leads to (reference rest-api.md §3.8, rbac.md
// §9, http-pages.md §6).
#include "hub/support/test_hub.hpp"

namespace jhub::hub {
namespace {

class Shares : public TestHub {
  protected:
    // A user who may share, with a running server.
    TestClient owner(std::string const& name)
    {
        add_user(name);
        grant(name, "sharing", {"shares!user", "read:users:name", "read:groups:name"});
        start_server(name);
        return with_token(name);
    }
    static bool holds(Json const& user, std::string const& scope)
    {
        return std::ranges::find(user["scopes"], Json(scope)) != user["scopes"].end();
    }
};

TEST_F(Shares, a_share_gives_its_receiver_access_until_it_is_revoked)
{
    TestClient ada = owner("ada");
    add_user("bob");
    auto const share = ada.post("/hub/api/shares/ada/", {{"user", "bob"}});
    EXPECT_EQ(share.status, 200);
    EXPECT_EQ(share.json()["scopes"], Json({"access:servers!server=ada/"}));
    EXPECT_EQ(share.json()["server"]["ready"], true);
    EXPECT_EQ(share.json()["kind"], "user");
    TestClient bob = with_token("bob");
    EXPECT_TRUE(holds(bob.get("/hub/api/user").json(), "access:servers!server=ada/"));
    EXPECT_EQ(ada.patch("/hub/api/shares/ada/", {{"user", "bob"}}).json(), Json::object());
    EXPECT_FALSE(holds(bob.get("/hub/api/user").json(), "access:servers!server=ada/"));
}

TEST_F(Shares, scopes_add_up_and_are_taken_back_one_by_one)
{
    TestClient ada = owner("ada");
    add_user("bob");
    ada.post("/hub/api/shares/ada/", {{"user", "bob"}});
    auto const more = ada.post("/hub/api/shares/ada/", {{"user", "bob"}, {"scopes", {"read:servers"}}});
    EXPECT_EQ(more.json()["scopes"], Json({"access:servers!server=ada/", "read:servers!server=ada/"}));
    auto const less = ada.patch("/hub/api/shares/ada/", {{"user", "bob"}, {"scopes", {"access:servers!server=ada/"}}});
    EXPECT_EQ(less.json()["scopes"], Json({"read:servers!server=ada/"}));
}

TEST_F(Shares, bad_requests_are_refused)
{
    TestClient ada = owner("ada");
    add_user("bob");
    for (Json const& body :
         {Json(), Json{{"user", "bob"}, {"group", "staff"}}, Json{{"user", "nobody"}}, Json{{"group", "none"}},
          Json{{"user", "bob"}, {"colour", 1}}, Json{{"user", "bob"}, {"scopes", {"fly:moon"}}},
          Json{{"user", "bob"}, {"scopes", {"access:servers!server=bob/"}}},
          Json{{"user", "bob"}, {"scopes", {"access:servers!user"}}}})
        EXPECT_EQ(ada.post("/hub/api/shares/ada/", body).status, 400) << body;
    EXPECT_EQ(ada.post("/hub/api/shares/ada/", {{"user", "bob"}, {"scopes", {"admin:servers"}}}).status, 403);
    EXPECT_EQ(ada.post("/hub/api/shares/ada/lab", {{"user", "bob"}}).status, 404);
    EXPECT_EQ(ada.post("/hub/api/shares/ada", {{"user", "bob"}}).status, 405);
    EXPECT_EQ(look("SELECT count(*) FROM shares"), "0");
}

TEST_F(Shares, nobody_shares_with_whom_they_may_not_know)
{
    add_user("ada");
    add_user("bob");
    grant("ada", "sharing", {"shares!user"});
    start_server("ada");
    EXPECT_EQ(with_token("ada").post("/hub/api/shares/ada/", {{"user", "bob"}}).status, 403);
    EXPECT_EQ(with_token("ada").post("/hub/api/shares/ada/", {{"user", "nobody"}}).status, 403);
    EXPECT_EQ(with_token("bob").post("/hub/api/shares/ada/", {{"user", "bob"}}).status, 403);
}

TEST_F(Shares, both_sides_see_a_share_and_the_receiver_can_leave)
{
    TestClient ada = owner("ada");
    add_user("bob");
    add_group("staff", {"bob"});
    ada.post("/hub/api/shares/ada/", {{"user", "bob"}});
    ada.post("/hub/api/shares/ada/", {{"group", "staff"}});
    EXPECT_EQ(ada.get("/hub/api/shares/ada").json()["_pagination"]["total"], 2);
    EXPECT_EQ(ada.get("/hub/api/shares/ada/").json()["items"].size(), 2U);
    TestClient bob = with_token("bob");
    EXPECT_EQ(bob.get("/hub/api/users/bob/shared").json()["items"].size(), 2U) << "also through the group";
    EXPECT_EQ(bob.get("/hub/api/shares/ada").status, 404) << "bob holds read:shares for his own only";
    EXPECT_EQ(bob.delete_("/hub/api/users/bob/shared/ada/").status, 204);
    EXPECT_EQ(bob.get("/hub/api/users/bob/shared/ada/").status, 404) << "the group's share is not bob's own";
    EXPECT_EQ(ada.delete_("/hub/api/shares/ada/").status, 204);
    EXPECT_EQ(look("SELECT count(*) FROM shares"), "0");
}

TEST_F(Shares, a_code_is_shown_once_and_kept_as_a_hash)
{
    TestClient ada = owner("ada");
    auto const made = ada.post("/hub/api/share-codes/ada/").json();
    std::string const code = made["code"];
    EXPECT_EQ(code.size(), 43U);
    EXPECT_EQ(made["accept_url"], "/hub/accept-share?code=" + code);
    auto const listed = ada.get("/hub/api/share-codes/ada").json()["items"][0];
    EXPECT_FALSE(listed.contains("code"));
    EXPECT_EQ(listed["exchange_count"], 0);
    EXPECT_EQ(look("SELECT hashed FROM share_codes").find(code), std::string::npos);
}

TEST_F(Shares, a_code_can_be_exchanged_by_others_as_long_as_it_is_valid)
{
    TestClient ada = owner("ada");
    std::string const code = ada.post("/hub/api/share-codes/ada/", {{"expires_in", 60}}).json()["code"];
    std::string const page = "/hub/accept-share?code=" + code;
    TestClient bob = login("bob");
    EXPECT_TRUE(bob.get(page).contains("ada"));
    auto const accepted = bob.post_form("/hub/accept-share", {{"code", code}, {"next", "//evil.example/"}});
    EXPECT_EQ(accepted.status, 302);
    EXPECT_EQ(accepted.location(), "/user/ada/");
    EXPECT_TRUE(holds(bob.get("/hub/api/user").json(), "access:servers!server=ada/"));
    EXPECT_EQ(ada.get("/hub/api/share-codes/ada/").json()["items"][0]["exchange_count"], 1);

    EXPECT_EQ(login("ada").get(page).status, 403) << "the owner's own code";
    EXPECT_EQ(bob.get("/hub/accept-share").status, 400);
    clock.advance(61s);
    EXPECT_EQ(bob.get(page).status, 404);
    EXPECT_EQ(bob.post_form("/hub/accept-share", {{"code", code}}).status, 400);
}

TEST_F(Shares, codes_are_withdrawn_by_value_by_id_or_all_at_once)
{
    TestClient ada = owner("ada");
    std::string const base = "/hub/api/share-codes/ada/";
    auto const first = ada.post(base).json(), second = ada.post(base).json();
    EXPECT_EQ(ada.delete_(base + "?code=" + first["code"].get<std::string>()).status, 204);
    EXPECT_EQ(ada.delete_(base + "?code=" + first["code"].get<std::string>()).status, 404);
    EXPECT_EQ(ada.delete_(base + "?id=" + second["id"].get<std::string>()).status, 204);
    EXPECT_EQ(ada.delete_(base + "?id=sc_nonsense").status, 404);
    ada.post(base);
    EXPECT_EQ(ada.delete_(base).status, 204);
    EXPECT_EQ(look("SELECT count(*) FROM share_codes"), "0");
}

TEST_F(Shares, a_code_of_another_server_cannot_be_withdrawn)
{
    TestClient ada = owner("ada"), bob = owner("bob");
    std::string const id = bob.post("/hub/api/share-codes/bob/").json()["id"];
    EXPECT_EQ(ada.delete_("/hub/api/share-codes/ada/?id=" + id).status, 404);
    EXPECT_EQ(look("SELECT count(*) FROM share_codes"), "1");
}

TEST_F(Shares, the_life_of_a_code_is_bounded)
{
    TestClient ada = owner("ada");
    for (Json const& life : {Json(59), Json(31'536'001), Json("60"), Json(-1)})
        EXPECT_EQ(ada.post("/hub/api/share-codes/ada/", {{"expires_in", life}}).status, 400) << life;
}

} // namespace
} // namespace jhub::hub

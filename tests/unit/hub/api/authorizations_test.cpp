// The deprecated questions about tokens and cookies (reference rest-api.md §3.9).
#include "hub/support/test_hub.hpp"

namespace jhub::hub {
namespace {

class AuthorizationsApi : public TestHub {};

constexpr char const* cookie_name = "jupyterhub-hub-login";

TEST_F(AuthorizationsApi, a_token_names_its_owner_to_who_has_a_token)
{
    add_user("ada");
    add_user("bob");
    std::string const token = make_token("ada", {"inherit"});
    auto const answer = with_token("bob").get("/hub/api/authorizations/token/" + token);
    EXPECT_EQ(answer.json(), (Json{{"admin", false}, {"groups", Json::array()}, {"kind", "user"}, {"name", "ada"}}));
    EXPECT_EQ(with_token("bob").get("/hub/api/authorizations/token/not-a-token").status, 404);
    EXPECT_EQ(login("bob").get("/hub/api/authorizations/token/" + token).status, 403);
    EXPECT_EQ(browser().get("/hub/api/authorizations/token/" + token).status, 403);
    EXPECT_EQ(browser().post("/hub/api/authorizations/token").status, 404);
}

TEST_F(AuthorizationsApi, a_login_cookie_names_its_user)
{
    add_user("bob");
    TestClient ada = login("ada");
    std::string const value = percent_encode(ada.cookie(cookie_name).value_or(""));
    TestClient bob = with_token("bob");
    std::string const path = std::string("/hub/api/authorizations/cookie/") + cookie_name;
    EXPECT_EQ(bob.get(path + "/" + value).json()["name"], "ada");
    EXPECT_EQ(bob.get(path + "/forged").status, 404);
    EXPECT_EQ(bob.get("/hub/api/authorizations/cookie/other/" + value).status, 404);
    EXPECT_EQ(ada.get(path + "/" + value).status, 403);
}

} // namespace
} // namespace jhub::hub

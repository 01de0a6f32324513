// auth_state over the REST API (reference rest-api.md §3.3, auth-flow.md §10).
#include "hub/support/test_hub.hpp"

namespace jhub::hub {
namespace {

class AuthStateApi : public TestHub {
  protected:
    TestClient administrator()
    {
        if (!find_user("root"))
            add_user("root", true);
        return with_token("root");
    }
};

std::string const first_key(32, 'a'), second_key(32, 'b');

TEST_F(AuthStateApi, is_encrypted_in_the_database_and_shown_to_who_may_see_it)
{
    settings.hub.crypt_keys = {first_key};
    add_user("ada");
    TestClient root = administrator();
    Json const state{{"access_token", "very-secret"}};
    EXPECT_EQ(root.patch("/hub/api/users/ada", {{"auth_state", state}}).json()["auth_state"], state);
    EXPECT_EQ(root.get("/hub/api/users/ada").json()["auth_state"], state);
    EXPECT_EQ(root.get("/hub/api/users").json()[0]["auth_state"], nullptr) << "never in lists";
    EXPECT_FALSE(with_token("ada").get("/hub/api/users/ada").json().contains("auth_state"));
    EXPECT_EQ(look("SELECT encrypted_auth_state FROM users WHERE name = 'ada'").find("very-secret"), std::string::npos);
}

TEST_F(AuthStateApi, cannot_be_stored_without_a_key)
{
    add_user("ada");
    EXPECT_EQ(administrator().patch("/hub/api/users/ada", {{"auth_state", {{"k", 1}}}}).status, 400);
    EXPECT_EQ(look("SELECT encrypted_auth_state FROM users WHERE name = 'ada'"), "NULL");
}

TEST_F(AuthStateApi, is_encrypted_again_after_a_change_of_keys)
{
    settings.hub.crypt_keys = {first_key};
    add_user("ada");
    administrator().patch("/hub/api/users/ada", {{"auth_state", {{"k", 1}}}});
    kill_hub();
    settings.hub.crypt_keys = {second_key, first_key};
    EXPECT_EQ(administrator().get("/hub/api/users/ada").json()["auth_state"], (Json{{"k", 1}}));
    kill_hub();
    settings.hub.crypt_keys = {second_key};
    EXPECT_EQ(administrator().get("/hub/api/users/ada").json()["auth_state"], (Json{{"k", 1}}));
    kill_hub();
    settings.hub.crypt_keys = {std::string(32, 'c')};
    EXPECT_EQ(administrator().get("/hub/api/users/ada").json()["auth_state"], nullptr);
}

} // namespace
} // namespace jhub::hub

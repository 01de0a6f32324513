// Services over the REST API (reference rest-api.md §2.3, §3.7).
#include "hub/support/test_hub.hpp"

namespace jhub::hub {
namespace {

class ServicesApi : public TestHub {
  protected:
    ServicesApi()
    {
        config::ServiceSpec plain;
        plain.name = "plain";
        plain.info = {{"team", "blue"}};
        plain.display = false;
        settings.hub.services.push_back(plain);
    }
    TestClient administrator()
    {
        if (!find_user("root"))
            add_user("root", true);
        return with_token("root");
    }
};

constexpr char const* address = "/hub/api/services/extra";

TEST_F(ServicesApi, the_list_is_an_object_with_defaults_filled_in)
{
    EXPECT_EQ(administrator().get("/hub/api/services").json(), (Json{{"plain",
                                                                      {{"kind", "service"},
                                                                       {"name", "plain"},
                                                                       {"admin", false},
                                                                       {"url", ""},
                                                                       {"prefix", ""},
                                                                       {"command", Json::array()},
                                                                       {"pid", 0},
                                                                       {"info", {{"team", "blue"}}},
                                                                       {"display", false},
                                                                       {"roles", Json::array()}}}}));
}

TEST_F(ServicesApi, an_added_service_can_use_its_token_until_it_is_removed)
{
    TestClient root = administrator();
    auto const made = root.post(address, {{"api_token", "a-chosen-token"}, {"url", "http://127.0.0.1:9"}});
    EXPECT_EQ(made.status, 201);
    EXPECT_EQ(made.json()["prefix"], "/services/extra/");
    TestClient service = browser();
    service.token = "a-chosen-token";
    EXPECT_EQ(service.get("/hub/api/user").json()["name"], "extra");
    EXPECT_EQ(look("SELECT redirect_uri FROM oauth_clients WHERE identifier = 'service-extra'"),
              "/services/extra/oauth_callback");
    EXPECT_EQ(root.delete_(address).status, 200);
    EXPECT_EQ(service.get("/hub/api/user").status, 403);
    EXPECT_EQ(look("SELECT count(*) FROM oauth_clients WHERE identifier = 'service-extra'"), "0");
}

TEST_F(ServicesApi, an_added_service_outlives_a_restart_of_the_hub)
{
    administrator().post(address, {{"info", {{"k", 1}}}});
    kill_hub();
    EXPECT_EQ(administrator().get(address).json()["info"], (Json{{"k", 1}}));
}

TEST_F(ServicesApi, a_service_of_the_configuration_cannot_be_removed_or_added_again)
{
    TestClient root = administrator();
    EXPECT_EQ(root.delete_("/hub/api/services/plain").status, 405);
    EXPECT_EQ(root.post("/hub/api/services/plain", {{"info", Json::object()}}).status, 409);
    EXPECT_EQ(root.delete_("/hub/api/services/none").status, 404);
}

TEST_F(ServicesApi, impossible_services_are_refused)
{
    TestClient root = administrator();
    root.post("/hub/api/services/first", {{"api_token", "a-chosen-token"}, {"url", "http://127.0.0.1:9"}});
    for (Json const& body : {Json(), Json::object(), Json{{"command", {"sleep", "1"}}}, Json{{"admin", "yes"}},
                             Json{{"colour", "blue"}}, Json{{"api_token", "short"}}, Json{{"url", "file:///etc"}},
                             Json{{"oauth_client_id", "jupyterhub-user-ada"}}, Json{{"oauth_no_confirm", true}},
                             Json{{"oauth_client_allowed_scopes", {"fly:moon"}}}, Json{{"environment", {{"A", 1}}}},
                             // what belongs to others already
                             Json{{"oauth_client_id", "service-first"}, {"url", "http://127.0.0.1:9"}},
                             Json{{"api_token", "a-chosen-token"}}})
        EXPECT_EQ(root.post(address, body).status, 400) << body;
    EXPECT_EQ(root.get(address).status, 404) << "a refused service must leave nothing behind";
}

TEST_F(ServicesApi, nobody_gives_a_service_more_than_they_have)
{
    add_user("ada");
    grant("ada", "services", {"admin:services", "list:users!group=staff"});
    TestClient ada = with_token("ada");
    EXPECT_EQ(ada.post(address, {{"admin", true}}).status, 400);
    EXPECT_EQ(ada.post(address, {{"oauth_client_allowed_scopes", {"list:users"}}}).status, 400);
    EXPECT_EQ(ada.post(address, {{"oauth_client_allowed_scopes", {"list:users!group=staff"}}}).status, 201);
    EXPECT_EQ(administrator().post("/hub/api/services/boss", {{"admin", true}}).json()["roles"], Json({"admin"}));
}

TEST_F(ServicesApi, a_service_with_an_address_gets_a_route)
{
    TestClient root = administrator();
    root.post(address, {{"url", "http://127.0.0.1:9/ignored"}});
    EXPECT_EQ(root.post("/hub/api/proxy").status, 200);
    EXPECT_EQ(root.get("/hub/api/proxy").json()["/services/extra/"]["target"], "http://127.0.0.1:9");
    root.delete_(address);
    root.post("/hub/api/proxy");
    EXPECT_FALSE(root.get("/hub/api/proxy").json().contains("/services/extra/"));
}

} // namespace
} // namespace jhub::hub

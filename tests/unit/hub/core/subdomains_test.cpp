// Names of hosts, and a hub whose servers have hosts of their own (reference auth-flow.md §11).
#include "hub/core/subdomains.hpp"

#include "hub/support/test_hub.hpp"

namespace jhub::hub {
namespace {

using config::SubdomainHook;

std::string host(std::string_view name, SubdomainHook hook = SubdomainHook::idna, SubdomainOf kind = SubdomainOf::user)
{
    return subdomain(hook, name, "hub.test", kind);
}

TEST(Subdomains, names_fit_for_a_host_are_their_own_label)
{
    EXPECT_EQ(host("ada"), "ada.hub.test");
    EXPECT_EQ(host("a-1"), "a-1.hub.test");
    EXPECT_EQ(host("grader", SubdomainHook::idna, SubdomainOf::service), "grader--service.hub.test");
}

TEST(Subdomains, others_are_hashed)
{
    EXPECT_EQ(host("user@org"), "u-userorg--28df6de.hub.test");
    EXPECT_EQ(host("12345"), "u-12345--5994471.hub.test");
    EXPECT_EQ(host("foo_bar"), "u-foobar--4928cae.hub.test");
    EXPECT_TRUE(host("@@").starts_with("u-x--"));
    EXPECT_TRUE(host(std::string(64, 'a')).starts_with("u-aaaaaaaa--"));
    EXPECT_TRUE(host("-ada").starts_with("u-ada--"));
}

TEST(Subdomains, names_beyond_ascii_become_idna_where_there_is_one)
{
    EXPECT_EQ(host("b\u00fccher"), "xn--bcher-kva.hub.test");
    EXPECT_TRUE(host("\u263a").starts_with("u-x--")) << "a symbol is no letter";
    EXPECT_TRUE(host("a\xff").starts_with("u-a--"));
}

// S-ROUTE-05
TEST(Subdomains, no_two_names_share_a_host)
{
    std::set<std::string> hosts;
    for (std::string const name :
         {"a", "a-b", "a--b", "a.b", "A_b", "a_b", "A", "ab", "foo--service", "foo", "xn--bcher-kva", "b\u00fccher",
          "foo_bar", "u-foobar--4928cae", "hub", "1", "a b", "a@b"})
        EXPECT_TRUE(hosts.insert(host(name)).second) << name;
    EXPECT_TRUE(hosts.insert(host("foo", SubdomainHook::idna, SubdomainOf::service)).second);
}

TEST(Subdomains, the_former_way_quotes_with_an_underscore)
{
    EXPECT_EQ(host("user@org", SubdomainHook::legacy), "user_40org.hub.test");
    EXPECT_EQ(host("foo_bar", SubdomainHook::legacy), "foo_5fbar.hub.test");
    EXPECT_EQ(host("grader", SubdomainHook::legacy, SubdomainOf::service), "services.hub.test");
}

class WithSubdomains : public TestHub {
  protected:
    WithSubdomains()
    {
        auto& addresses = settings.hub.addresses;
        addresses.subdomain_host = "http://hub.test:8000";
        addresses.public_url = "http://hub.test:8000/";
        addresses.domain = "hub.test";
        addresses.hub_routespec = "/";
        config::ServiceSpec grader;
        grader.name = "grader";
        grader.url = "http://127.0.0.1:9000";
        grader.api_token = "grader-secret-token";
        settings.hub.services = {grader};
    }
    TestClient at(std::string const& host)
    {
        TestClient client = browser();
        client.always.set("Host", host + ":8000");
        return client;
    }
};

TEST_F(WithSubdomains, models_and_redirects_name_the_host_of_the_server)
{
    start_server("ada");
    TestClient ada = login("ada"), root = with_token("root");
    grant("root", "admin", {"admin:users", "admin:servers", "list:users"});
    auto const model = ada.get("/hub/api/users/ada").json();
    EXPECT_EQ(model["server"], "http://ada.hub.test:8000/user/ada/");
    EXPECT_EQ(model["servers"][""]["url"], "http://ada.hub.test:8000/user/ada/");
    EXPECT_EQ(model["servers"][""]["full_url"], "http://ada.hub.test:8000/user/ada/");
    EXPECT_EQ(model["servers"][""]["full_progress_url"], "http://hub.test:8000/hub/api/users/ada/server/progress");
    EXPECT_EQ(ada.get("/hub/login").location(), "http://ada.hub.test:8000/user/ada/");
    EXPECT_EQ(ada.get("/hub/user/ada/lab?x=1").location(), "http://ada.hub.test:8000/user/ada/lab?x=1&redirects=1");
    EXPECT_EQ(ada.get("/hub/spawn/ada").location(), "http://ada.hub.test:8000/user/ada/");
    EXPECT_EQ(ada.get("/hub/login?next=http://ada.hub.test:8000/user/ada/tree").location(), "/user/ada/tree");
    EXPECT_EQ(ada.get("/hub/login?next=http://ada.evil.test:8000/").location(), "http://ada.hub.test:8000/user/ada/");
    EXPECT_TRUE(ada.get("/hub/home").contains("http://ada.hub.test:8000/user/ada/"));
    EXPECT_EQ(ada.get("/user/ada/lab").location(), "http://hub.test:8000/hub/user/ada/lab");
    auto const progress = ada.get("/hub/api/users/ada/server/progress");
    EXPECT_TRUE(progress.contains("http://ada.hub.test:8000/user/ada/")) << progress.body;
}

TEST_F(WithSubdomains, servers_and_services_know_their_own_host_and_the_hubs)
{
    start_server("ada");
    EXPECT_EQ(spawner.variable("ada", "JUPYTERHUB_HOST"), "http://hub.test:8000");
    EXPECT_EQ(spawner.variable("ada", "JUPYTERHUB_OAUTH_CALLBACK_URL"),
              "http://ada.hub.test:8000/user/ada/oauth_callback");
    EXPECT_EQ(spawner.variable("ada", "JUPYTERHUB_PUBLIC_URL"), "http://ada.hub.test:8000/user/ada/");
    EXPECT_EQ(spawner.variable("ada", "JUPYTERHUB_PUBLIC_HUB_URL"), "http://hub.test:8000/hub/");
    EXPECT_EQ(spawner.variable("ada", "JUPYTERHUB_SERVICE_PREFIX"), "/user/ada/");
    EXPECT_EQ(look("SELECT redirect_uri FROM oauth_clients WHERE identifier = 'service-grader'"),
              "http://grader--service.hub.test:8000/services/grader/oauth_callback");
}

TEST_F(WithSubdomains, a_login_leads_back_to_the_server_at_its_host)
{
    start_server("ada");
    TestClient ada = login("ada");
    auto const location = ada.get("/hub/api/oauth2/authorize?" +
                                  build_query({{"client_id", "jupyterhub-user-ada"},
                                               {"redirect_uri", "http://ada.hub.test:8000/user/ada/oauth_callback"},
                                               {"response_type", "code"},
                                               {"state", "s"}}))
                              .location();
    EXPECT_TRUE(location.starts_with("http://ada.hub.test:8000/user/ada/oauth_callback?code=")) << location;
    EXPECT_EQ(
        ada.get(
               "/hub/api/oauth2/"
               "authorize?client_id=jupyterhub-user-ada&response_type=code&redirect_uri=%2Fuser%2Fada%2Foauth_callback")
            .status,
        400);
}

TEST_F(WithSubdomains, routes_begin_with_the_host_and_are_found_again)
{
    start_server("ada");
    EXPECT_TRUE(proxy.routes.contains("/ada.hub.test/user/ada"));
    grant("ada", "looker", {"proxy"});
    TestClient ada = with_token("ada");
    EXPECT_EQ(ada.post("/hub/api/proxy").status, 200);
    auto const routes = ada.get("/hub/api/proxy").json();
    EXPECT_TRUE(routes.contains("ada.hub.test/user/ada/")) << routes.dump();
    EXPECT_TRUE(routes.contains("grader--service.hub.test/services/grader/")) << routes.dump();
    EXPECT_TRUE(routes.contains("/")) << routes.dump();
    EXPECT_EQ(ada.delete_("/hub/api/users/ada/server").status, 204);
    EXPECT_FALSE(proxy.routes.contains("/ada.hub.test/user/ada"));
}

TEST_F(WithSubdomains, the_session_is_of_all_hosts_and_the_login_of_the_hub_alone)
{
    TestClient ada = at("hub.test");
    ada.get("/hub/login");
    auto const answer = ada.post_form("/hub/login", {{"username", "ada"}, {"password", "secret"}});
    EXPECT_NE(answer.set_cookie("jupyterhub-session-id").find("Domain=hub.test"), std::string::npos);
    EXPECT_EQ(answer.set_cookie("jupyterhub-hub-login").find("Domain"), std::string::npos);
    EXPECT_EQ(answer.set_cookie("_xsrf").find("Domain"), std::string::npos);
    auto const left = ada.get("/hub/logout");
    EXPECT_NE(left.set_cookie("jupyterhub-session-id").find("Domain=hub.test"), std::string::npos);
}

// At the host of a server whatever runs there could read the answers and use the login.
TEST_F(WithSubdomains, pages_of_the_hub_are_not_served_at_the_host_of_a_server)
{
    TestClient visitor = at("eve.hub.test");
    EXPECT_EQ(visitor.get("/hub/login?next=%2Fx").location(), "http://hub.test:8000/hub/login?next=%2Fx");
    auto const login = visitor.post_form("/hub/login", {{"username", "ada"}, {"password", "secret"}});
    EXPECT_EQ(login.status, 302);
    EXPECT_EQ(login.set_cookie("jupyterhub-hub-login"), "(none)");
    for (std::string const host : {"EVE.hub.test", "eve.hub.test.", "a.b.hub.test"})
        EXPECT_EQ(at(host).get("/hub/login").location(), "http://hub.test:8000/hub/login") << host;
    EXPECT_EQ(visitor.get("/hub/health").status, 200);
    EXPECT_EQ(visitor.get("/hub/error/503").status, 200);
    EXPECT_EQ(visitor.get("/hub/api/").status, 200);
    EXPECT_EQ(at("hub.test").get("/hub/login").status, 200);
    EXPECT_EQ(at("nothub.test").get("/hub/login").status, 200) << "not ours to say";
}

} // namespace
} // namespace jhub::hub

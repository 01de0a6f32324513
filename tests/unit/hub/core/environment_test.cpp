// The table of reference spawner.md §4, row by row.
#include "hub/core/environment.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace jhub::hub {
namespace {

using testing::ElementsAre;

Urls const plain("/", "http://127.0.0.1:8081", "");

EnvironmentInput input_for_ada(Urls const& urls = plain)
{
    EnvironmentInput input{.urls = urls};
    input.user = "ada";
    input.api_token = "t0ken";
    input.service_url = "http://127.0.0.1:5555/user/ada/";
    return input;
}

std::string value(Environment const& environment, std::string_view name)
{
    for (auto const& [key, text] : environment)
        if (key == name)
            return text;
    return "(none)";
}

TEST(ServerEnvironment, of_a_default_server_without_options)
{
    Environment const wanted{
        {"JUPYTERHUB_API_TOKEN", "t0ken"},
        {"JPY_API_TOKEN", "t0ken"},
        {"JUPYTERHUB_CLIENT_ID", "jupyterhub-user-ada"},
        {"JUPYTERHUB_COOKIE_HOST_PREFIX_ENABLED", "0"},
        {"JUPYTERHUB_HOST", ""},
        {"JUPYTERHUB_OAUTH_CALLBACK_URL", "/user/ada/oauth_callback"},
        {"JUPYTERHUB_OAUTH_SCOPES", R"(["access:servers!server=ada/", "access:servers!user=ada"])"},
        {"JUPYTERHUB_OAUTH_ACCESS_SCOPES", R"(["access:servers!server=ada/", "access:servers!user=ada"])"},
        {"JUPYTERHUB_OAUTH_CLIENT_ALLOWED_SCOPES", "[]"},
        {"JUPYTERHUB_USER", "ada"},
        {"JUPYTERHUB_SERVER_NAME", ""},
        {"JUPYTERHUB_API_URL", "http://127.0.0.1:8081/hub/api"},
        {"JUPYTERHUB_ACTIVITY_URL", "http://127.0.0.1:8081/hub/api/users/ada/activity"},
        {"JUPYTERHUB_BASE_URL", "/"},
        {"JUPYTERHUB_SERVICE_PREFIX", "/user/ada/"},
        {"JUPYTERHUB_SERVICE_URL", "http://127.0.0.1:5555/user/ada/"},
        {"JUPYTERHUB_PUBLIC_URL", ""},
        {"JUPYTERHUB_PUBLIC_HUB_URL", ""},
    };
    EXPECT_EQ(build_environment(input_for_ada()), wanted);
}

TEST(ServerEnvironment, of_a_named_server_carries_its_name)
{
    auto input = input_for_ada();
    input.server = "my lab";
    auto const environment = build_environment(input);
    EXPECT_EQ(value(environment, "JUPYTERHUB_SERVER_NAME"), "my lab");
    EXPECT_EQ(value(environment, "JUPYTERHUB_SERVICE_PREFIX"), "/user/ada/my%20lab/");
    EXPECT_EQ(value(environment, "JUPYTERHUB_OAUTH_CALLBACK_URL"), "/user/ada/my%20lab/oauth_callback");
    EXPECT_EQ(value(environment, "JUPYTERHUB_CLIENT_ID"), "jupyterhub-user-ada-my%20lab");
    EXPECT_EQ(value(environment, "JUPYTERHUB_OAUTH_SCOPES"),
              R"(["access:servers!server=ada/my lab", "access:servers!user=ada"])");
}

TEST(ServerEnvironment, options_that_are_set_add_their_variables)
{
    auto input = input_for_ada();
    input.admin_access = true;
    input.cookie_options = Json{{"SameSite", "Lax"}};
    input.cookie_host_prefix = true;
    input.client_allowed_scopes = {"read:users"};
    input.debug = input.disable_user_config = true;
    auto const environment = build_environment(input);
    EXPECT_EQ(value(environment, "JUPYTERHUB_ADMIN_ACCESS"), "1");
    EXPECT_EQ(value(environment, "JUPYTERHUB_COOKIE_OPTIONS"), R"({"SameSite": "Lax"})");
    EXPECT_EQ(value(environment, "JUPYTERHUB_COOKIE_HOST_PREFIX_ENABLED"), "1");
    EXPECT_EQ(value(environment, "JUPYTERHUB_OAUTH_CLIENT_ALLOWED_SCOPES"), R"(["read:users"])");
    EXPECT_EQ(value(environment, "JUPYTERHUB_DEBUG"), "1");
    EXPECT_EQ(value(environment, "JUPYTERHUB_DISABLE_USER_CONFIG"), "1");
}

TEST(ServerEnvironment, limits_are_written_as_python_writes_numbers)
{
    auto input = input_for_ada();
    input.mem_limit = 1073741824;
    input.mem_guarantee = 0;
    input.cpu_limit = 2;
    input.cpu_guarantee = 0.5;
    auto const environment = build_environment(input);
    EXPECT_EQ(value(environment, "MEM_LIMIT"), "1073741824");
    EXPECT_EQ(value(environment, "MEM_GUARANTEE"), "(none)");
    EXPECT_EQ(value(environment, "CPU_LIMIT"), "2.0");
    EXPECT_EQ(value(environment, "CPU_GUARANTEE"), "0.5");
}

TEST(ServerEnvironment, public_urls_come_from_the_public_url)
{
    Urls const urls("/jh/", "http://10.0.0.1:8081", "https://example.org/jh/");
    auto const environment = build_environment(input_for_ada(urls));
    EXPECT_EQ(value(environment, "JUPYTERHUB_HOST"), "https://example.org");
    EXPECT_EQ(value(environment, "JUPYTERHUB_PUBLIC_URL"), "https://example.org/jh/user/ada/");
    EXPECT_EQ(value(environment, "JUPYTERHUB_PUBLIC_HUB_URL"), "https://example.org/jh/hub/");
    EXPECT_EQ(value(environment, "JUPYTERHUB_BASE_URL"), "/jh/");
}

TEST(ServerEnvironment, a_connect_url_of_the_spawner_replaces_the_hubs_origin)
{
    auto input = input_for_ada();
    input.hub_connect_url = "http://hub.local:9000";
    auto const environment = build_environment(input);
    EXPECT_EQ(value(environment, "JUPYTERHUB_API_URL"), "http://hub.local:9000/hub/api");
    EXPECT_EQ(value(environment, "JUPYTERHUB_ACTIVITY_URL"), "http://hub.local:9000/hub/api/users/ada/activity");
}

TEST(ServerEnvironment, notebook_dir_and_default_url_know_the_user)
{
    auto input = input_for_ada();
    input.notebook_dir = "/home/{username}/work";
    input.default_url = "{base_url}lab/tree/%U";
    auto const environment = build_environment(input);
    EXPECT_EQ(value(environment, "JUPYTERHUB_ROOT_DIR"), "/home/ada/work");
    EXPECT_EQ(value(environment, "JUPYTERHUB_DEFAULT_URL"), "/lab/tree/ada");
}

TEST(ServerEnvironment, configured_variables_win_and_names_stay_unique)
{
    auto input = input_for_ada();
    input.kept = {{"PATH", "/usr/bin"}, {"JUPYTERHUB_USER", "from the hub's own environment"}};
    input.configured = {{"PATH", "/opt/bin"}, {"JUPYTERHUB_DEBUG", "yes"}, {"EXTRA", "1"}};
    auto const environment = build_environment(input);
    EXPECT_EQ(value(environment, "PATH"), "/opt/bin");
    EXPECT_EQ(value(environment, "JUPYTERHUB_USER"), "ada") << "env_keep never hides what the hub sets";
    EXPECT_EQ(value(environment, "JUPYTERHUB_DEBUG"), "yes");
    EXPECT_EQ(value(environment, "EXTRA"), "1");
    for (auto const& entry : environment)
        EXPECT_EQ(std::ranges::count(environment, entry.first, &Environment::value_type::first), 1) << entry.first;
}

TEST(ServerEnvironment, access_scopes_name_the_server_first)
{
    EXPECT_THAT(access_scopes("ada", "lab"), ElementsAre("access:servers!server=ada/lab", "access:servers!user=ada"));
}

} // namespace
} // namespace jhub::hub

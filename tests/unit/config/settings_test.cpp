// Structs from configurations: content and combinations (reference config.md §1, §4–§7).
#include "config/support.hpp"

namespace jhub::config {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using namespace std::chrono_literals;

class SettingsOf : public Loading {
  protected:
    Settings good(std::string const& text)
    {
        auto result = settings_of(text);
        EXPECT_TRUE(result) << (result ? "" : result.error().message);
        return result.value_or(Settings{});
    }
};

TEST_F(SettingsOf, options_that_change_nothing_are_told_with_their_place)
{
    good("c.ConfigurableHTTPProxy.check_running_interval = 3\nc.ConfigurableHTTPProxy.concurrency = 3\n"
         "c.JupyterHub.forwarded_host_header = 'X-Host'\nc.JupyterHub.active_user_window = 60\n"
         "c.JupyterHub.db_kwargs = {'echo': True}\nc.JupyterHub.debug_db = True\n"
         "c.PeriodicMetricsCollector.active_users_update_interval = 60\nc.PAMAuthenticator.encoding = 'latin1'\n");
    EXPECT_THAT(warnings, testing::SizeIs(8));
    EXPECT_THAT(warnings, testing::Each(HasSubstr("has no effect")));
    EXPECT_THAT(warnings, Contains(HasSubstr("c.JupyterHub.debug_db (jupyterhub_config.py:6) has no effect")));
    good("c.JupyterHub.port = 8123\n");
    EXPECT_THAT(warnings, IsEmpty());
}

TEST_F(SettingsOf, nothing_are_the_documented_defaults)
{
    auto const settings = default_settings();
    EXPECT_EQ(settings.hub.addresses.bind_url, "http://:8000/");
    EXPECT_EQ(settings.hub.log_level, 20);
    EXPECT_EQ(settings.hub.db_url, "sqlite:///jupyterhub.sqlite");
    EXPECT_EQ(settings.hub.oauth_token_expires_in, 14 * 24h);
    EXPECT_EQ(settings.hub.tornado_settings.slow_spawn_timeout, 10s);
    EXPECT_EQ(settings.hub.tornado_settings.spawn_throttle_retry_range, (std::pair{30.0, 60.0}));
    EXPECT_EQ(settings.hub.concurrent_spawn_limit, 100);
    EXPECT_EQ(settings.authenticator.class_name, "PAMAuthenticator");
    EXPECT_FALSE(settings.authenticator.allow_all);
    EXPECT_EQ(settings.authenticator.pam_service, "login");
    EXPECT_THAT(settings.spawner.cmd, ElementsAre("jupyterhub-singleuser"));
    EXPECT_EQ(settings.spawner.start_timeout, 60s);
    EXPECT_EQ(settings.spawner.env_keep.size(), 9U);
    EXPECT_TRUE(settings.spawner.ignores_user_options);
    EXPECT_THAT(settings.proxy.command, ElementsAre("configurable-http-proxy"));
    EXPECT_EQ(settings.proxy.api_url, "http://127.0.0.1:8001");
}

TEST_F(SettingsOf, a_whole_configuration)
{
    auto const settings = good(R"(
c.JupyterHub.bind_url = "http://127.0.0.1:9/jh"
c.JupyterHub.hub_port = 8082
c.JupyterHub.authenticator_class = "dummy"
c.JupyterHub.spawner_class = "simple"
c.JupyterHub.tornado_settings = {"slow_spawn_timeout": 0.5, "headers": {"X-A": "b"}, "cookie_options": {"samesite": "None"}}
c.JupyterHub.services = [{"name": "cull", "command": "cull --all", "environment": {"A": 1}, "oauth_no_confirm": True}]
c.JupyterHub.services += [{"name": "web", "url": "http://127.0.0.1:5", "api_token": "0123456789"}]
c.JupyterHub.load_roles = [{"name": "reader", "scopes": ["list:users"], "users": {"ada"}}]
c.JupyterHub.load_groups = {"g": {"users": ["ada"], "properties": {"p": 1}}, "h": ["bob"]}
c.JupyterHub.custom_scopes = {"custom:a": {"description": "A", "subscopes": ["custom:b"]}}
c.JupyterHub.db_url = "hub.sqlite"
c.Authenticator.admin_users = {"ada"}
)");
    EXPECT_EQ(settings.hub.addresses.hub_connect_url, "http://127.0.0.1:8082/jh/hub/");
    EXPECT_EQ(settings.hub.tornado_settings.slow_spawn_timeout, 500ms);
    EXPECT_THAT(settings.hub.tornado_settings.headers, ElementsAre(Pair("X-A", "b")));
    EXPECT_THAT(settings.hub.services[0].command, ElementsAre("cull --all"));
    EXPECT_THAT(settings.hub.services[0].environment, ElementsAre(Pair("A", "1")));
    EXPECT_TRUE(settings.hub.services[0].oauth_no_confirm);
    EXPECT_EQ(settings.hub.services[1].url, "http://127.0.0.1:5");
    EXPECT_EQ(settings.hub.load_roles[0].users, std::vector<std::string>{"ada"});
    EXPECT_FALSE(settings.hub.load_roles[0].groups);
    EXPECT_EQ(settings.hub.load_groups[0].properties, Json::parse(R"({"p": 1})"));
    EXPECT_THAT(settings.hub.load_groups[1].users, ElementsAre("bob"));
    EXPECT_THAT(settings.hub.custom_scopes[0].subscopes, ElementsAre("custom:b"));
    EXPECT_EQ(settings.hub.db_url, "sqlite:///hub.sqlite");
    EXPECT_TRUE(settings.authenticator.allow_all) << "the dummy lets everybody in unless users are listed";
    EXPECT_EQ(settings.hub.spawner_class, "SimpleLocalProcessSpawner");
    EXPECT_THAT(warnings, ElementsAre(HasSubstr("load_groups: a list for h")));
}

TEST_F(SettingsOf, listing_users_changes_what_is_allowed_by_default)
{
    auto const settings = good("c.JupyterHub.authenticator_class = 'dummy'\nc.Authenticator.allowed_users = "
                               "{'ada'}\nc.Authenticator.admin_users = {'bob'}\n");
    EXPECT_FALSE(settings.authenticator.allow_all);
    EXPECT_TRUE(settings.authenticator.allow_existing_users);
    EXPECT_THAT(settings.authenticator.allowed_users, ElementsAre("ada", "bob"));
    EXPECT_TRUE(settings.authenticator.any_allow_config);
    EXPECT_FALSE(default_settings().authenticator.any_allow_config);
    good("c.Authenticator.allowed_users = set('ada')\n");
    EXPECT_THAT(warnings, Contains(HasSubstr("one character")));
}

TEST_F(SettingsOf, secrets_come_from_the_file_first_and_then_from_the_environment)
{
    environment["JPY_COOKIE_SECRET"] = "6161";
    environment["CONFIGPROXY_AUTH_TOKEN"] = "from-environment";
    environment["JUPYTERHUB_CRYPT_KEY"] = std::string(64, 'a') + ";" + std::string(64, 'b');
    auto settings = good("");
    EXPECT_EQ(settings.hub.cookie_secret, "aa");
    EXPECT_EQ(settings.proxy.auth_token, "from-environment");
    ASSERT_EQ(settings.hub.crypt_keys.size(), 2U);
    EXPECT_EQ(settings.hub.crypt_keys[1], std::string(32, '\xbb'));
    settings = good("c.JupyterHub.cookie_secret = b'zz'\nc.ConfigurableHTTPProxy.auth_token = "
                    "'own'\nc.CryptKeeper.keys = [b'k' * 32, 'qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=']\n");
    EXPECT_EQ(settings.hub.cookie_secret, "zz");
    EXPECT_EQ(settings.proxy.auth_token, "own");
    EXPECT_EQ(settings.hub.crypt_keys[0], std::string(32, 'k'));
    EXPECT_EQ(settings.hub.crypt_keys[1], std::string(32, '\xaa'));
}

TEST_F(SettingsOf, a_bad_key_is_told_where_it_was_given)
{
    environment["JUPYTERHUB_CRYPT_KEY"] = "zz";
    auto const result = settings_of("");
    ASSERT_FALSE(result);
    EXPECT_THAT(result.error().message, HasSubstr("JUPYTERHUB_CRYPT_KEY: each key must be 32 bytes"));
}

TEST_F(SettingsOf, wrong_content_is_refused_with_the_name_of_the_option_and_its_place)
{
    struct Case {
        char const* text;
        char const* says;
    };
    for (auto const& [text, says] : {
             Case{"c.JupyterHub.services = [{'name': 'a', 'port': 1}]",
                  "JupyterHub.services (jupyterhub_config.py:1): 'a': No such service field: port"},
             Case{"c.JupyterHub.services = [{'url': 'http://a'}]", "needs a name"},
             Case{"c.JupyterHub.services = [{'name': 'a', 'url': 'ftp://a'}]", "http://"},
             Case{"c.JupyterHub.services = [{'name': 'a', 'api_token': 'short'}]", "too short"},
             Case{"c.JupyterHub.services = [{'name': 'a', 'oauth_client_id': 'a'}]", "service-"},
             Case{"c.JupyterHub.services = [{'name': 'a', 'display': 'yes'}]",
                  "display must be True or False, not a text"},
             Case{"c.JupyterHub.services = ['a']", "a dictionary is expected"},
             Case{"c.JupyterHub.idle_culler = {'timout': 5}",
                  "JupyterHub.idle_culler (jupyterhub_config.py:1): There is no timout here; known are timeout, "},
             Case{"c.JupyterHub.idle_culler = {'timeout': 0}", "timeout must be a number, at least 1, not 0"},
             Case{"c.JupyterHub.idle_culler = {'max_age': '2h'}", "max_age must be a number, at least 0, not '2h'"},
             Case{"c.JupyterHub.idle_culler = {'cull_users': 'yes'}", "cull_users must be True or False, not 'yes'"},
             Case{"c.EventLogger.handlers = ['events.log']", "each must be a logging.FileHandler"},
             Case{"c.JupyterHub.api_tokens = {'short': 'ada'}",
                  "JupyterHub.api_tokens (jupyterhub_config.py:1): the token of ada is too short"},
             Case{"c.JupyterHub.load_roles = [{'scopes': []}]", "with a name"},
             Case{"c.JupyterHub.load_roles = [{'name': 'a'}, {'name': 'a'}]", "twice"},
             Case{"c.JupyterHub.load_roles = [{'name': 'a', 'users': {'x': 1}}]", "users must be a list"},
             Case{"c.JupyterHub.load_groups = {'a': 1}", "load_groups"},
             Case{"c.JupyterHub.custom_scopes = {'mine': {'description': 'x'}}", "custom:"},
             Case{"c.JupyterHub.subdomain_hook = 'other'", "idna or legacy"},
             Case{"c.JupyterHub.tornado_settings = {'slow_spawn_timeout': 'x'}", "slow_spawn_timeout must be a number"},
             Case{"c.JupyterHub.bind_url = 'nonsense'", "JupyterHub.bind_url"},
             Case{"c.CryptKeeper.keys = ['short']", "32 bytes"},
             Case{"c.Authenticator.enable_auth_state = True", "needs a key"},
             Case{"c.ConfigurableHTTPProxy.should_start = False", "auth_token"},
             Case{"c.Proxy.extra_routes = {'x': 'http://a'}", "must begin with /"},
             Case{"c.Proxy.extra_routes = {'/x': 'a'}", "http or https"},
             Case{"c.Spawner.group_overrides = {'a': {'groups': 'x'}}", "group_overrides"},
             Case{"c.Spawner.apply_user_options = {'a': 'no_such'}", "no option no_such"},
             Case{"c.JupyterHub.authenticator_class = 'shared-password'\nc.SharedPasswordAuthenticator.user_password = "
                  "'short'",
                  "at least 8"},
             Case{"c.JupyterHub.authenticator_class = 'shared-password'\nc.SharedPasswordAuthenticator.admin_password "
                  "= 'x' * 31",
                  "at least 32"},
             Case{"c.JupyterHub.authenticator_class = 'shared-password'\nc.SharedPasswordAuthenticator.password_groups "
                  "= {'x': ['g']}",
                  "manage_groups"},
         }) {
        auto const result = settings_of(text);
        ASSERT_FALSE(result) << text;
        EXPECT_THAT(result.error().message, HasSubstr(says)) << text;
        EXPECT_EQ(result.error().message.find('\n'), std::string::npos) << text;
    }
}

TEST_F(SettingsOf, idle_culling_is_off_until_it_is_configured_and_looks_twice_in_the_timeout)
{
    EXPECT_FALSE(settings_of("")->hub.idle_culler.enabled);
    auto const culler =
        settings_of("c.JupyterHub.idle_culler = {'timeout': 3600, 'max_age': 86400.0, 'cull_users': True}")
            ->hub.idle_culler;
    EXPECT_TRUE(culler.enabled);
    EXPECT_EQ(culler.timeout, std::chrono::hours(1));
    EXPECT_EQ(culler.cull_every, std::chrono::minutes(30));
    EXPECT_EQ(culler.max_age, std::chrono::hours(24));
    EXPECT_TRUE(culler.cull_users);
    EXPECT_TRUE(culler.cull_admin_users);
    EXPECT_EQ(settings_of("c.JupyterHub.idle_culler = {'cull_every': 7}")->hub.idle_culler.cull_every,
              std::chrono::seconds(7));
}

TEST_F(SettingsOf, handlers_of_the_event_log_become_files_and_streams)
{
    auto const targets =
        settings_of("import logging, sys\n"
                    "c.EventLogger.handlers = [logging.FileHandler('/tmp/events-test.log', delay=True),"
                    " logging.StreamHandler(sys.stdout), logging.StreamHandler()]")
            ->hub.event_targets;
    ASSERT_EQ(targets.size(), 3U);
    EXPECT_EQ(targets[0].file, "/tmp/events-test.log");
    EXPECT_EQ(targets[1].stream, "stdout");
    EXPECT_EQ(targets[2].stream, "stderr");
}

TEST_F(SettingsOf, details_that_upstream_adjusts_are_adjusted)
{
    EXPECT_EQ(good("c.JupyterHub.init_spawners_timeout = 0").hub.init_spawners_timeout, 1s);
    EXPECT_EQ(good("c.JupyterHub.init_spawners_timeout = -1").hub.init_spawners_timeout, 24h);
    EXPECT_EQ(good("c.JupyterHub.cookie_max_age_days = 0.5").hub.oauth_token_expires_in, 12h);
    EXPECT_EQ(good("c.JupyterHub.cookie_max_age_days = 1e300").hub.cookie_max_age, std::chrono::years(100));
    EXPECT_EQ(good("c.Spawner.start_timeout = 10**18").spawner.start_timeout, std::chrono::years(100));
    EXPECT_EQ(good("c.JupyterHub.oauth_token_expires_in = 60").hub.oauth_token_expires_in, 60s);
    EXPECT_EQ(good("c.JupyterHub.cookie_secret_file = '~/secret'").hub.cookie_secret_file, "/home/somebody/secret");
    EXPECT_EQ(good("c.JupyterHub.default_server_name = 'x'").hub.default_server_name, "");
    EXPECT_THAT(warnings, Contains(HasSubstr("default_server_name")));
    EXPECT_EQ(good("c.ConfigurableHTTPProxy.debug = True").proxy.log_level, "debug");
    EXPECT_THAT(good("c.Proxy.extra_routes = {'/x': 'http://a'}").proxy.extra_routes,
                ElementsAre(Pair("/x/", "http://a")));
    good("c.JupyterHub.services = [{'name': 'a', 'admin': True}]");
    EXPECT_THAT(warnings, Contains(HasSubstr("admin of the service a is deprecated")));
}

} // namespace
} // namespace jhub::config

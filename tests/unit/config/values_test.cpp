// What each type of option takes, from a file and from the command line (reference config.md §0).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/coerce.hpp"
#include "config/value.hpp"

namespace jhub::config {
namespace {

using testing::HasSubstr;

struct Case {
    char const* option; // Class.name
    std::vector<std::string> given;
    char const* expected; // JSON; nullptr: refused
};

Option const& option_of(std::string const& name)
{
    auto const dot = name.find('.');
    return *find_option(name.substr(0, dot), name.substr(dot + 1));
}

void expect(Result<Json> const& result, Case const& example)
{
    auto const what = std::string(example.option) + " = " + example.given[0];
    if (example.expected == nullptr) {
        EXPECT_FALSE(result) << what << " became " << (result ? result->dump() : "");
    } else {
        ASSERT_TRUE(result) << what << ": " << result.error().message;
        EXPECT_EQ(*result, Json::parse(example.expected)) << what;
    }
}

TEST(FileValues, are_taken_or_refused_by_type)
{
    for (Case const& example : {
             Case{"JupyterHub.pid_file", {"'a'"}, R"("a")"},
             Case{"JupyterHub.pid_file", {"1"}, nullptr},
             Case{"JupyterHub.pid_file", {"None"}, nullptr},
             Case{"Spawner.hub_connect_url", {"None"}, "null"},
             Case{"JupyterHub.hub_port", {"80"}, "80"},
             Case{"JupyterHub.hub_port", {"80.0"}, "80"},
             Case{"JupyterHub.hub_port", {"80.5"}, nullptr},
             Case{"JupyterHub.hub_port", {"'80'"}, nullptr},
             Case{"JupyterHub.hub_port", {"True"}, "1"},
             Case{"JupyterHub.hub_port", {"70000"}, nullptr},
             Case{"JupyterHub.hub_port", {"-1"}, nullptr},
             Case{"JupyterHub.cookie_max_age_days", {"3"}, "3.0"},
             Case{"JupyterHub.cookie_max_age_days", {"'3'"}, nullptr},
             Case{"Spawner.cpu_limit", {"None"}, "null"},
             Case{"Spawner.poll_jitter", {"1.5"}, nullptr},
             Case{"Spawner.debug", {"1"}, "true"},
             Case{"Spawner.debug", {"2"}, nullptr},
             Case{"Spawner.debug", {"'true'"}, nullptr},
             Case{"Spawner.args", {"'--x'"}, R"(["--x"])"},
             Case{"Spawner.args", {"('a', 'b')"}, R"(["a", "b"])"},
             Case{"Spawner.args", {"[1]"}, nullptr},
             Case{"Spawner.args", {"{'a': 1}"}, nullptr},
             Case{"Spawner.cmd", {"'a b'"}, R"(["a b"])"},
             Case{"Spawner.cmd", {"[]"}, nullptr},
             Case{"Spawner.cmd", {"None"}, "null"},
             Case{"LocalProcessSpawner.shell_cmd", {"[]"}, "[]"},
             Case{"Authenticator.admin_users", {"['a', 'b', 'a']"}, R"(["a", "b"])"},
             Case{"Authenticator.admin_users", {"'ada'"}, R"(["ada"])"},
             Case{"Authenticator.admin_users", {"{}"}, nullptr},
             Case{"Spawner.environment", {"{'A': '1'}"}, R"({"A": "1"})"},
             Case{"Spawner.environment", {"['A=1']"}, nullptr},
             Case{"Spawner.environment", {"{1: 2}"}, nullptr},
             Case{"Spawner.mem_limit", {"'1.5M'"}, "1572864"},
             Case{"Spawner.mem_limit", {"'2G'"}, "2147483648"},
             Case{"Spawner.mem_limit", {"1024"}, "1024"},
             Case{"Spawner.mem_limit", {"10.9"}, "10"},
             Case{"Spawner.mem_limit", {"None"}, "null"},
             Case{"Spawner.mem_limit", {"'1g'"}, nullptr},
             Case{"Spawner.mem_limit", {"'1024'"}, nullptr},
             Case{"Spawner.mem_limit", {"'1GB'"}, nullptr},
             Case{"Spawner.mem_limit", {"''"}, nullptr},
             Case{"JupyterHub.base_url", {"'jh'"}, R"("/jh/")"},
             Case{"JupyterHub.cookie_secret", {"'00ff'"}, R"("00ff")"},
             Case{"JupyterHub.cookie_secret", {"b'\\x00\\xff'"}, R"("00ff")"},
             Case{"JupyterHub.cookie_secret", {"'0'"}, nullptr},
             Case{"JupyterHub.cookie_secret", {"'xy'"}, nullptr},
             Case{"JupyterHub.log_level", {"'debug'"}, "10"},
             Case{"JupyterHub.log_level", {"30"}, "30"},
             Case{"JupyterHub.log_level", {"'loud'"}, nullptr},
             Case{"ConfigurableHTTPProxy.log_level", {"'DEBUG'"}, R"("debug")"},
             Case{"ConfigurableHTTPProxy.log_level", {"'loud'"}, nullptr},
             Case{"Spawner.pre_spawn_hook", {"None"}, "null"},
             Case{"Spawner.pre_spawn_hook", {"'name'"}, nullptr},
         })
        expect(check_value(option_of(example.option), *parse_literal(example.given[0])), example);
}

TEST(CommandLineValues, are_parsed_by_the_option_s_own_type)
{
    for (Case const& example : {
             Case{"JupyterHub.hub_port", {"80"}, "80"},
             Case{"JupyterHub.hub_port", {"eighty"}, nullptr},
             Case{"JupyterHub.hub_port", {"8.5"}, nullptr},
             Case{"JupyterHub.cookie_max_age_days", {"1.5"}, "1.5"},
             Case{"Spawner.debug", {"TRUE"}, "true"},
             Case{"Spawner.debug", {"0"}, "false"},
             Case{"Spawner.debug", {"yes"}, nullptr},
             Case{"JupyterHub.pid_file", {"\"hub.pid\""}, R"("hub.pid")"},
             Case{"JupyterHub.pid_file", {"~/hub.pid"}, R"("/home/ada/hub.pid")"},
             Case{"JupyterHub.pid_file", {"None"}, R"("None")"},
             Case{"Spawner.hub_connect_url", {"None"}, "null"},
             Case{"Authenticator.allowed_users", {"a", "b"}, R"(["a", "b"])"},
             Case{"Authenticator.allowed_users", {"['a', 'b']"}, R"(["a", "b"])"},
             Case{"Authenticator.allowed_users", {"{'a', 'b'}"}, R"(["a", "b"])"},
             Case{"Authenticator.allowed_users", {"('a',)"}, R"(["a"])"},
             Case{"Authenticator.allowed_users", {"set()"}, "[\"set()\"]"},
             Case{"Spawner.cmd", {"jupyter labhub"}, R"(["jupyter labhub"])"},
             Case{"Spawner.cmd", {"jupyter", "labhub"}, R"(["jupyter", "labhub"])"},
             Case{"Spawner.environment", {"A=1", "B=x=y"}, R"({"A": "1", "B": "x=y"})"},
             Case{"Spawner.environment", {"{'A': '1'}"}, R"({"A": "1"})"},
             Case{"Spawner.environment", {"A"}, nullptr},
             Case{"JupyterHub.load_roles", {"[{'name': 'a'}]"}, R"([{"name": "a"}])"},
             Case{"JupyterHub.load_roles", {"{'name': 'a'}", "{'name': 'b'}"}, R"([{"name": "a"}, {"name": "b"}])"},
             Case{"Spawner.mem_limit", {"1G"}, "1073741824"},
             Case{"Spawner.mem_limit", {"1024"}, nullptr},
             Case{"JupyterHub.log_level", {"10"}, "10"},
             Case{"JupyterHub.log_level", {"WARN"}, "30"},
         }) {
        auto const& option = option_of(example.option);
        auto const parsed = parse_texts(option, example.given, "/home/ada");
        expect(parsed ? check_value(option, *parsed) : parsed, example);
    }
}

TEST(Problems, say_what_is_expected)
{
    auto const problem = check_value(option_of("JupyterHub.hub_port"), "eighty").error().message;
    EXPECT_EQ(problem, "an integer is expected, not a text");
    auto const hook = check_value(option_of("Spawner.environment"),
                                  Json::parse(R"({"A": {"$live": {"name": "<lambda>", "kind": "function"}}})"));
    EXPECT_THAT(hook.error().message, HasSubstr("Python objects are not supported here yet (function <lambda>)"));
}

} // namespace
} // namespace jhub::config

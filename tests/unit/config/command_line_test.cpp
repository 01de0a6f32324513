// The words of the command line (reference cli.md §1.1–1.3).
#include "config/command_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace jhub::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Texts = std::vector<std::string>;

Words sorted(Texts const& arguments)
{
    auto result = sort_words(arguments);
    EXPECT_TRUE(result) << (result ? "" : result.error().err);
    return result.value_or(Words{});
}

Texts texts(Words const& words, std::string const& class_name, std::string const& name)
{
    auto const section = words.sections.find(class_name);
    if (section == words.sections.end() || !section->second.contains(name))
        return {};
    return section->second.at(name).value.get<Texts>();
}

TEST(CommandLine, values_come_with_or_without_an_equals_sign_and_one_dash_will_do_for_classes)
{
    for (auto const& arguments : {Texts{"--JupyterHub.hub_port=7"}, Texts{"--JupyterHub.hub_port", "7"},
                                  Texts{"-JupyterHub.hub_port=7"}, Texts{"-JupyterHub.hub_port", "7"}})
        EXPECT_EQ(texts(sorted(arguments), "JupyterHub", "hub_port"), Texts{"7"}) << arguments[0];
}

TEST(CommandLine, aliases_and_flags_set_options)
{
    auto const words =
        sorted({"-f", "a.py", "--ip", "::1", "--port=1", "--db", "sqlite://", "-y", "true", "--debug", "--upgrade-db"});
    EXPECT_EQ(texts(words, "JupyterHub", "config_file"), Texts{"a.py"});
    EXPECT_EQ(texts(words, "JupyterHub", "ip"), Texts{"::1"});
    EXPECT_EQ(texts(words, "JupyterHub", "port"), Texts{"1"});
    EXPECT_EQ(texts(words, "JupyterHub", "answer_yes"), Texts{"true"});
    EXPECT_EQ(texts(words, "JupyterHub", "log_level"), Texts{"10"});
    EXPECT_EQ(texts(words, "JupyterHub", "upgrade_db"), Texts{"True"});
}

TEST(CommandLine, containers_collect_repeated_options)
{
    EXPECT_EQ(texts(sorted({"--Spawner.args=a", "--Spawner.args=--b", "--Spawner.args", "-1"}), "Spawner", "args"),
              (Texts{"a", "--b", "-1"}));
}

TEST(CommandLine, values_may_be_empty_or_contain_equals_signs_and_blanks)
{
    EXPECT_EQ(texts(sorted({"--ip="}), "JupyterHub", "ip"), Texts{""});
    EXPECT_EQ(texts(sorted({"--ip", ""}), "JupyterHub", "ip"), Texts{""});
    EXPECT_EQ(texts(sorted({"--Spawner.environment=A=b=c d"}), "Spawner", "environment"), Texts{"A=b=c d"});
    EXPECT_EQ(texts(sorted({"--Spawner.args", "-x y"}), "Spawner", "args"), Texts{"-x y"});
}

TEST(CommandLine, unknown_words_are_warned_about_and_unknown_classes_accepted)
{
    auto const words = sorted({"--foo", "bar", "--KubeSpawner.image=x", "-debug", "1"});
    EXPECT_THAT(words.warnings, ElementsAre(HasSubstr("Unrecognized alias: 'foo'"), HasSubstr("debug")));
    EXPECT_THAT(sorted({"--prot", "1"}).warnings, ElementsAre(HasSubstr("Did you mean --port?")));
    EXPECT_EQ(texts(words, "KubeSpawner", "image"), Texts{"x"});
    EXPECT_EQ(texts(words, "JupyterHub", "log_level"), Texts{});
}

TEST(CommandLine, what_cannot_be_meant_ends_with_the_right_code)
{
    struct Case {
        Texts arguments;
        int code;
        char const* says;
    };
    for (auto const& [arguments, code, says] : {
             Case{{"--debug=1"}, 2, "--debug"},
             Case{{"-y"}, 2, "-y"},
             Case{{"--port"}, 2, "--port"},
             Case{{"--port", "--ip", "x"}, 2, "--port"},
             Case{{"--JupyterHub.generate_config"}, 2, "generate_config"},
             Case{{"--JupyterHub.hub-port=7"}, 2, "hub-port"},
             Case{{"--no-such"}, 2, "--no-such"},
             Case{{"--no-"}, 2, "ambiguous"},
             Case{{"--jupyterhub.port=5"}, 1, "jupyterhub.port"},
             Case{{"--port=1", "--port=2"}, 1, "only accepts one value"},
             Case{{"-f", "a", "--config", "b"}, 1, "config_file only accepts one value"},
             Case{{"--ip=a", "--JupyterHub.ip=b"}, 1, "JupyterHub.ip"},
         }) {
        auto const result = sort_words(arguments);
        ASSERT_FALSE(result) << arguments[0];
        EXPECT_EQ(result.error().code, code) << arguments[0];
        EXPECT_THAT(result.error().err, HasSubstr(says)) << arguments[0];
    }
}

TEST(CommandLine, the_beginning_of_a_long_name_with_a_hyphen_is_enough)
{
    EXPECT_EQ(texts(sorted({"--base-u=/x"}), "JupyterHub", "base_url"), Texts{"/x"});
}

TEST(CommandLine, subcommands_help_and_version_are_modes)
{
    EXPECT_EQ(sorted({"token", "ada", "-f", "x.py"}).mode, Mode::token);
    EXPECT_THAT(sorted({"token", "ada", "-f", "x.py"}).positional, ElementsAre("ada"));
    EXPECT_EQ(sorted({"upgrade-db"}).mode, Mode::upgrade_db);
    EXPECT_THAT(sorted({"--debug", "token"}).positional, ElementsAre("token"));
    EXPECT_EQ(sorted({"-h"}).help, Words::Help::brief);
    EXPECT_EQ(sorted({"help", "token"}).help, Words::Help::brief);
    EXPECT_EQ(sorted({"--port", "--help-all"}).help, Words::Help::all);
    EXPECT_TRUE(sorted({"--version"}).version);
}

TEST(CommandLine, everything_after_two_dashes_is_positional)
{
    auto const words = sorted({"--debug", "--", "--help", "x"});
    EXPECT_EQ(words.help, Words::Help::none);
    EXPECT_THAT(words.positional, ElementsAre("--help", "x"));
}

} // namespace
} // namespace jhub::config

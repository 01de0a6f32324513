// What root allows the helper, in the configuration and in a file of its own.
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/helper_rules.hpp"
#include "config/support.hpp"

namespace jhub::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(HelperRules, stand_in_lines_of_a_name_and_its_values)
{
    HelperRules rules;
    ASSERT_TRUE(add_helper_rules(rules,
                                 "# who\nusers ada bob\n\n  users\teve # and eve\ngroups sudo\r\nfirst_uid 500\n"
                                 "shells /opt/fish\nprograms /usr/bin/jupyterhub-singleuser\nvariables LD_PRELOAD\n"
                                 "powerful_groups operators",
                                 "policy"));
    EXPECT_THAT(rules.users, ElementsAre("ada", "bob", "eve"));
    EXPECT_THAT(rules.groups, ElementsAre("sudo"));
    EXPECT_EQ(rules.first_uid, 500U);
    EXPECT_THAT(rules.shells, ElementsAre("/opt/fish"));
    EXPECT_THAT(rules.programs, ElementsAre("/usr/bin/jupyterhub-singleuser"));
    EXPECT_THAT(rules.variables, ElementsAre("LD_PRELOAD"));
    EXPECT_THAT(rules.powerful_groups, ElementsAre("operators"));
}

TEST(HelperRules, that_are_not_understood_are_told_with_their_line)
{
    struct Case {
        char const* text;
        char const* says;
    };
    for (auto const& [text, says] : {
             Case{"users ada\nusrs bob\n", "policy:2: There is no usrs here; known are users, groups, "},
             Case{"users", "policy:1: users has no values."},
             Case{"programs jupyterhub-singleuser", "policy:1: programs must be whole paths without blanks."},
             Case{"\n\nfirst_uid 0", "policy:3: first_uid must be a number from 1 on."},
             Case{"first_uid -5", "first_uid must be a number"},
             Case{"first_uid 500 600", "first_uid must be a number"},
             Case{"variables A=b", "variables must be names without blanks."},
             Case{"users a\001b", "users must be names without blanks."},
         }) {
        HelperRules rules;
        auto const refused = add_helper_rules(rules, text, "policy");
        ASSERT_FALSE(refused) << text;
        EXPECT_THAT(refused.error().message, HasSubstr(says));
    }
}

class HelperRulesOption : public Loading {
  protected:
    Result<HelperRules> rules_of(std::string const& text)
    {
        auto const settings = settings_of("c.JupyterHub.helper_policy = " + text);
        EXPECT_TRUE(settings);
        return settings ? read_helper_rules(*settings->source) : std::unexpected(settings.error());
    }
};

TEST_F(HelperRulesOption, has_the_names_of_the_file)
{
    auto const rules = rules_of("{'users': ['ada'], 'groups': {'sudo'}, 'first_uid': 500, 'programs': '/usr/bin/x'}");
    ASSERT_TRUE(rules) << rules.error().message;
    EXPECT_THAT(rules->users, ElementsAre("ada"));
    EXPECT_THAT(rules->groups, ElementsAre("sudo"));
    EXPECT_EQ(rules->first_uid, 500U);
    EXPECT_THAT(rules->programs, ElementsAre("/usr/bin/x"));
    EXPECT_TRUE(rules_of("{}"));
    EXPECT_THAT(
        rules_of("{'user': ['ada']}").error().message,
        HasSubstr("JupyterHub.helper_policy (jupyterhub_config.py:1): There is no user here; known are users, "));
    EXPECT_THAT(rules_of("{'users': {'ada': 1}}").error().message, HasSubstr("users must be a list of texts"));
    EXPECT_THAT(rules_of("{'programs': ['x']}").error().message, HasSubstr("programs must be whole paths"));
}

class HelperRulesFile : public testing::Test {
  protected:
    void SetUp() override
    {
        if (geteuid() != 0)
            GTEST_SKIP() << "only root reads the file";
        std::filesystem::create_directory(directory);
        std::filesystem::permissions(directory, std::filesystem::perms(0755));
        std::ofstream(path()) << "users ada\n";
        chmod(path().c_str(), 0644);
    }
    void TearDown() override { std::filesystem::remove_all(directory); }
    [[nodiscard]] std::string path() const { return directory / "helper-policy"; }
    [[nodiscard]] std::string refusal() const
    {
        HelperRules rules;
        auto const read = add_helper_rules_of_file(rules, path());
        EXPECT_EQ(read.has_value(), rules.users == std::vector<std::string>{"ada"});
        return read ? "" : read.error().message;
    }
    std::filesystem::path directory =
        std::filesystem::temp_directory_path() / ("helper-rules-" + std::to_string(getpid()));
};

TEST_F(HelperRulesFile, is_read_when_it_is_roots_alone)
{
    EXPECT_EQ(refusal(), "");
    HelperRules rules;
    EXPECT_TRUE(add_helper_rules_of_file(rules, directory / "none")) << "there need not be one";
}

TEST_F(HelperRulesFile, that_somebody_else_can_change_stops_the_start)
{
    chmod(path().c_str(), 0664);
    EXPECT_THAT(refusal(), HasSubstr("helper-policy is not read: it must be a file of root's that nobody else"));
    chmod(path().c_str(), 0644);
    EXPECT_EQ(chown(path().c_str(), 1000, 0), 0);
    EXPECT_THAT(refusal(), HasSubstr("is not read"));
    EXPECT_EQ(chown(path().c_str(), 0, 0), 0);
    EXPECT_EQ(chown(directory.c_str(), 1000, 0), 0);
    EXPECT_THAT(refusal(), HasSubstr(directory.string() + " belongs to the account number 1000"));
    EXPECT_EQ(chown(directory.c_str(), 0, 0), 0);
    std::filesystem::rename(path(), directory / "other");
    std::filesystem::create_symlink(directory / "other", path());
    EXPECT_THAT(refusal(), HasSubstr("is not read"));
    std::filesystem::remove(path());
    EXPECT_EQ(mkfifo(path().c_str(), 0644), 0);
    EXPECT_THAT(refusal(), HasSubstr("is not read")) << "and nobody waits for a pipe";
}

TEST_F(HelperRulesFile, programs_are_those_that_only_root_can_change)
{
    std::string const program = directory / "start";
    auto const problem = [&] { return problem_of_programs({.programs = {program}}); };
    EXPECT_THAT(problem(), HasSubstr("there is no such program"));
    std::ofstream(program) << "#!/bin/sh\n";
    EXPECT_THAT(problem(), HasSubstr("there is no such program"));
    chmod(program.c_str(), 0755);
    EXPECT_EQ(problem(), "");
    chmod(program.c_str(), 0777);
    EXPECT_THAT(problem(), HasSubstr("People's servers cannot be limited to " + program));
    chmod(program.c_str(), 0755);
    chmod(directory.c_str(), 0777);
    EXPECT_THAT(problem(), HasSubstr("everybody can write to"));
}

} // namespace
} // namespace jhub::config

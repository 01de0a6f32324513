// Texts that are made from the tables: help, sample file, reference page.
#include "config/text.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "config/support.hpp"
#include "config/tables.hpp"

namespace jhub::config {
namespace {

std::string contents(std::string const& path)
{
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

TEST(Help, a_subcommand_has_its_own)
{
    EXPECT_THAT(short_help(Mode::token), HasSubstr("Usage: jupyterhub token [NAME] [options]"));
    EXPECT_THAT(short_help(Mode::upgrade_db), HasSubstr("Usage: jupyterhub upgrade-db [options]"));
    EXPECT_THAT(short_help(Mode::token), HasSubstr("--db=VALUE"));
    EXPECT_THAT(short_help(Mode::token), Not(HasSubstr("Subcommands")));
    EXPECT_THAT(long_help(Mode::token), HasSubstr("--JupyterHub.db_url"));
}

TEST(Help, lists_flags_and_aliases_and_all_options_on_demand)
{
    for (char const* word :
         {"--config", "--port", "--ip", "--base-url", "--generate-config", "--debug", "--no-db", "--upgrade-db",
          "--log-level", "--db", "token", "upgrade-db", "-f", "--help-all", "--version"})
        EXPECT_THAT(short_help(), HasSubstr(word));
    for (auto const table : {jupyterhub_options(), authenticator_options(), spawner_options(), proxy_options()})
        for (auto const& option : table)
            EXPECT_THAT(long_help(), HasSubstr(fmt::format("--{}.{}=<", option.class_name, option.name)));
}

TEST(SampleFile, holds_each_option_as_a_comment_and_one_line_of_code)
{
    auto const text = sample_file();
    for (char const* line :
         {"\n# c.JupyterHub.bind_url = 'http://:8000'\n", "\n# c.Spawner.cmd = ['jupyterhub-singleuser']\n",
          "\n# c.Authenticator.admin_users = set()\n", "\n# c.JupyterHub.services = []\n"})
        EXPECT_THAT(text, HasSubstr(line));
    for (char const* inherited : {"\n# c.ConfigurableHTTPProxy.should_start = True\n", "\n# c.JupyterHub.log_level = ",
                                  "\n# c.LocalProcessSpawner.cmd = ['jupyterhub-singleuser']\n",
                                  "\n# c.PAMAuthenticator.allowed_users = set()\n",
                                  "\n# c.DummyAuthenticator.allowed_users = set()\n", "\n#  See also: Spawner.cmd\n"})
        EXPECT_THAT(text, HasSubstr(inherited)) << "scripts look for them by name";
    std::istringstream lines(text);
    std::vector<std::string> code;
    for (std::string line; std::getline(lines, line);)
        if (!line.empty() && line[0] != '#')
            code.push_back(line);
    EXPECT_THAT(code, testing::ElementsAre("c = get_config()  #noqa"));
}

class SampleFileWithPython : public Loading {};

TEST_F(SampleFileWithPython, its_assignments_without_the_comment_signs_are_accepted)
{
    std::istringstream lines(sample_file());
    std::string code;
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with("# c."))
            code += line.substr(2) + "\n";
    auto const result = with_file(code);
    EXPECT_EQ(result.config.integer("JupyterHub", "hub_port"), 8081);
    for (auto const& warning : result.warnings)
        EXPECT_THAT(warning, testing::Not(HasSubstr("not recognized")));
}

TEST(WriteSampleFile, asks_before_it_overwrites)
{
    TemporaryDirectory const folder;
    std::ostringstream out, err;
    std::istringstream no("n\n"), nothing("\n"), end(""), yes("y\n");
    auto const write = [&](std::istream& in, bool answer_yes = false) {
        return write_sample_file("hub_config.py", answer_yes, in, out, err);
    };
    EXPECT_EQ(write(end), 0);
    EXPECT_THAT(out.str(), HasSubstr("Writing default config to: hub_config.py"));
    folder.write("hub_config.py", "# mine\n");
    EXPECT_EQ(write(no), 0);
    EXPECT_EQ(write(nothing), 0);
    EXPECT_EQ(write(end), 1);
    EXPECT_EQ(contents("hub_config.py"), "# mine\n");
    EXPECT_THAT(out.str(), HasSubstr("Overwrite hub_config.py with default config? [y/N]"));
    EXPECT_EQ(write(yes), 0);
    EXPECT_EQ(contents("hub_config.py"), sample_file());
    folder.write("hub_config.py", "# mine\n");
    EXPECT_EQ(write(end, true), 0);
    EXPECT_EQ(contents("hub_config.py"), sample_file());
    EXPECT_EQ(write_sample_file("none/hub_config.py", true, end, out, err), 1);
    EXPECT_THAT(err.str(), HasSubstr("none does not exist"));
}

TEST(ReferencePage, is_the_one_in_the_documentation)
{
    std::string const path = JHUB_SOURCE_DIR "/docs/reference/options.md";
    if (std::getenv("JHUB_ACCEPT") != nullptr)
        std::ofstream(path) << reference_page();
    EXPECT_EQ(contents(path), reference_page()) << "run this test with JHUB_ACCEPT=1 to write " << path << " anew";
}

} // namespace
} // namespace jhub::config

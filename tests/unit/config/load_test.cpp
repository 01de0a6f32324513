// From argc and argv to a checked configuration, with real files and the real Python.
#include "config/support.hpp"

namespace jhub::config {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

TEST_F(Loading, nothing_at_all_gives_the_defaults)
{
    auto const result = loaded();
    EXPECT_EQ(result.command_line.mode, Mode::run);
    EXPECT_EQ(result.config.integer("JupyterHub", "hub_port"), 8081);
    EXPECT_EQ(result.config.active_class("authenticator"), "PAMAuthenticator");
    EXPECT_THAT(result.warnings, IsEmpty());
    EXPECT_THAT(result.config.sections(), IsEmpty());
    EXPECT_THAT(result.files, IsEmpty());
}

TEST_F(Loading, the_file_of_the_working_directory_is_read)
{
    EXPECT_EQ(with_file("c.JupyterHub.named_server_limit_per_user = 5\n")
                  .config.integer("JupyterHub", "named_server_limit_per_user"),
              5);
}

TEST_F(Loading, command_line_wins_over_json_and_json_over_python)
{
    folder.write("etc/hub.py", "c.Spawner.ip = 'py'\nc.Spawner.default_url = '/py'\nc.Spawner.args = ['py']\n");
    folder.write("etc/hub.json",
                 R"({"version": 1, "Spawner": {"default_url": "/json", "args": ["json"], "mem_limit": "1G"}})");
    auto const result = loaded({"-f", "etc/hub.py", "--Spawner.args=cli"});
    EXPECT_EQ(result.config.text("Spawner", "ip"), "py");
    EXPECT_EQ(result.config.text("Spawner", "default_url"), "/json");
    EXPECT_THAT(result.config.list("Spawner", "args"), ElementsAre("cli"));
    EXPECT_EQ(result.config.bytes("Spawner", "mem_limit"), 1 << 30);
    EXPECT_THAT(result.warnings, Contains(HasSubstr("Collisions")));
}

TEST_F(Loading, json_alone_works_without_python)
{
    folder.write("jupyterhub_config.json", R"({"JupyterHub": {"hub_port": 9}})");
    environment["JUPYTERHUB_PYTHON"] = "/nowhere/python3";
    EXPECT_EQ(loaded().config.integer("JupyterHub", "hub_port"), 9);
    folder.write("jupyterhub_config.py", "");
    EXPECT_THAT(refused().err, HasSubstr("JUPYTERHUB_PYTHON"));
}

TEST_F(Loading, broken_json_is_refused_with_the_name_of_the_file)
{
    for (char const* text : {"{", "[]", R"({"version": 7})"}) {
        folder.write("jupyterhub_config.json", text);
        auto const exit = refused();
        EXPECT_EQ(exit.code, 1);
        EXPECT_THAT(exit.err, HasSubstr("jupyterhub_config.json")) << text;
    }
}

TEST_F(Loading, a_directory_in_place_of_the_file_is_refused_and_not_passed_over)
{
    folder.write("jupyterhub_config.py/inside", "");
    EXPECT_EQ(refused().err, "jupyterhub_config.py is a directory, not a configuration file\n");
    EXPECT_EQ(refused({"-f", "."}).code, 1);
}

TEST_F(Loading, a_link_to_nothing_is_refused_and_not_passed_over)
{
    std::filesystem::create_symlink("nowhere.py", "jupyterhub_config.py");
    auto const exit = refused();
    EXPECT_EQ(exit.code, 1);
    EXPECT_THAT(exit.err, HasSubstr("jupyterhub_config.py is a link to a file that does not exist"));
    std::filesystem::rename("jupyterhub_config.py", "jupyterhub_config.json");
    EXPECT_THAT(refused().err, HasSubstr("jupyterhub_config.json is a link to a file that does not exist"));
}

TEST_F(Loading, a_file_that_sets_nothing_was_read_all_the_same_and_is_warned_about)
{
    for (char const* text : {"", "# c.JupyterHub.port = 1\n", "class C: pass\nc = C()\nc.port = 1\n",
                             "from traitlets.config import Config\nc = Config()\nc.JupyterHub.port = 1\n"}) {
        auto const result = with_file(text);
        EXPECT_THAT(result.files, ElementsAre("jupyterhub_config.py")) << text;
        EXPECT_THAT(result.warnings, ElementsAre(HasSubstr("jupyterhub_config.py sets nothing"))) << text;
    }
    std::filesystem::remove("jupyterhub_config.py");
    folder.write("jupyterhub_config.json", R"({"version": 1})");
    auto const result = loaded();
    EXPECT_THAT(result.files, ElementsAre("jupyterhub_config.json"));
    EXPECT_THAT(result.warnings, ElementsAre(HasSubstr("jupyterhub_config.json sets nothing")));
}

TEST_F(Loading, a_class_that_is_given_something_else_than_options_is_told_so)
{
    folder.write("jupyterhub_config.json", R"({"Spawner": 3})");
    EXPECT_THAT(loaded().warnings, Contains(HasSubstr("Spawner (jupyterhub_config.json) is the name of a class")));
}

TEST_F(Loading, a_missing_file_is_an_error_only_when_somebody_asked_for_it)
{
    auto const exit = refused({"-f", "nowhere.py"});
    EXPECT_EQ(exit.code, 1);
    EXPECT_EQ(exit.err, "ERROR: Failed to find specified config file: nowhere.py\n");
    EXPECT_EQ(refused({"--JupyterHub.config_file=nowhere.py"}).code, 1);
}

TEST_F(Loading, an_exception_or_exit_of_the_file_ends_the_program)
{
    EXPECT_EQ(refused_file("import sys\nsys.exit(7)\n").code, 7);
    testing::internal::CaptureStderr();
    auto const exit = refused_file("raise RuntimeError('flowers are missing')\n");
    EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("line 1"));
    EXPECT_EQ(exit.code, 1);
    EXPECT_THAT(exit.err, HasSubstr("flowers are missing"));
}

TEST_F(Loading, a_wrong_type_is_refused_in_one_line_with_name_value_file_and_line)
{
    auto const exit = refused_file("\nc.JupyterHub.hub_port = 'eighty'\n");
    EXPECT_EQ(exit.code, 1);
    EXPECT_EQ(exit.err, "Bad config encountered during initialization: JupyterHub.hub_port = 'eighty' "
                        "(jupyterhub_config.py:2): an integer is expected, not a text\n");
    EXPECT_THAT(refused({"--JupyterHub.hub_port=eighty"}).err,
                HasSubstr("JupyterHub.hub_port = 'eighty' (command line): an integer"));
}

TEST_F(Loading, a_secret_is_not_shown_in_an_error)
{
    EXPECT_THAT(refused_file("c.JupyterHub.cookie_secret = 'not hexadecimal'\n").err,
                Not(HasSubstr("not hexadecimal'")));
}

TEST_F(Loading, unknown_names_are_warned_about_with_the_nearest_right_one)
{
    auto const warned = with_file("c.JupyterHub.hub_prt = 1\nc.Spawner.no_such_thing = 2\nc.KubeSpawner.image = 'x'\n"
                                  "c.SharedPasswordAuthenticator.typo = 1\n")
                            .warnings;
    EXPECT_THAT(
        warned,
        ElementsAre(
            "Config option `hub_prt` not recognized by `JupyterHub` (jupyterhub_config.py:1). Did you mean `hub_port`?",
            "Config option `no_such_thing` not recognized by `LocalProcessSpawner` (jupyterhub_config.py:2)."));
}

TEST_F(Loading, values_outside_of_classes_are_warned_about)
{
    EXPECT_THAT(with_file("c.port = 1\nc.jupyterhub.port = 2\n").warnings,
                ElementsAre(HasSubstr("c.jupyterhub"), HasSubstr("c.port")));
}

TEST_F(Loading, the_class_in_use_takes_the_closest_section)
{
    auto const config = with_file("c.JupyterHub.spawner_class = 'simple'\nc.Spawner.ip = 'a'\nc.Spawner.port = "
                                  "1\nc.LocalProcessSpawner.ip = 'b'\n"
                                  "c.SimpleLocalProcessSpawner.ip = 'c'\nc.LocalProcessSpawner.args = "
                                  "['x']\nc.SimpleLocalProcessSpawner.args.append('y')\n"
                                  "c.Spawner.home_dir_template = '/srv/{username}'\n")
                            .config;
    EXPECT_EQ(config.text("Spawner", "ip"), "c");
    EXPECT_EQ(config.integer("Spawner", "port"), 1);
    EXPECT_THAT(config.list("Spawner", "args"), ElementsAre("x", "y"));
    EXPECT_EQ(config.text("SimpleLocalProcessSpawner", "home_dir_template"), "/srv/{username}");
}

TEST_F(Loading, sections_of_classes_that_are_not_in_use_are_ignored)
{
    auto const result = with_file("c.JupyterHub.authenticator_class = 'dummy'\nc.PAMAuthenticator.service = "
                                  "5\nc.SimpleLocalProcessSpawner.ip = 'c'\n");
    EXPECT_EQ(result.config.text("Spawner", "ip"), "127.0.0.1");
    EXPECT_THAT(result.warnings, IsEmpty());
}

TEST_F(Loading, changes_are_replayed_on_the_default)
{
    auto const result = with_file("c.Spawner.cmd.append('--x')\nc.LocalProcessSpawner.env_keep.prepend(['A'])\n"
                                  "c.Authenticator.admin_users.add('ada')\nc.Spawner.environment.update({'A': '1'})\n"
                                  "c.Authenticator.allowed_users.append('bob')\n");
    EXPECT_THAT(result.config.list("Spawner", "cmd"), ElementsAre("jupyterhub-singleuser", "--x"));
    EXPECT_EQ(result.config.list("Spawner", "env_keep")[0], "A");
    EXPECT_THAT(result.config.list("Authenticator", "admin_users"), ElementsAre("ada"));
    EXPECT_EQ(result.config.value("Spawner", "environment"), Json::parse(R"({"A": "1"})"));
    EXPECT_THAT(result.config.list("Authenticator", "allowed_users"), IsEmpty());
    EXPECT_THAT(result.warnings,
                ElementsAre(HasSubstr(
                    "c.PAMAuthenticator.allowed_users (jupyterhub_config.py:5): this change does not fit a set")));
}

TEST_F(Loading, functions_stay_in_python_where_an_option_allows_them)
{
    auto const config = with_file("c.Spawner.environment = {'A': '1', 'B': lambda s: 2}\n"
                                  "c.Spawner.pre_spawn_hook = print\nc.Spawner.options_form = lambda s: ''\n"
                                  "c.JupyterHub.template_vars.update({'x': print, 'y': 1})\n")
                            .config;
    EXPECT_THAT(config.live_options(), testing::UnorderedElementsAre("JupyterHub.template_vars", "Spawner.environment",
                                                                     "Spawner.options_form", "Spawner.pre_spawn_hook"));
    EXPECT_EQ(config.value("Spawner", "environment"), Json::parse(R"({"A": "1"})"));
    EXPECT_EQ(config.text("Spawner", "options_form"), "");
    EXPECT_EQ(config.live("Spawner", "pre_spawn_hook")->at("$live")["at"], "Spawner.pre_spawn_hook");
    EXPECT_EQ(config.live("Spawner", "environment")->at("B")["$live"]["at"], "Spawner.environment['B']");
    EXPECT_EQ(config.live("Spawner", "args"), nullptr);
}

TEST_F(Loading, live_objects_are_refused_elsewhere_by_name_and_place_and_never_ignored)
{
    auto const wrong = refused_file("def limit(spawner):\n    pass\n\nc.Spawner.mem_limit = limit\n");
    EXPECT_EQ(wrong.code, 1);
    EXPECT_THAT(wrong.err, HasSubstr("c.Spawner.mem_limit (jupyterhub_config.py:4): Python objects are not supported "
                                     "here yet (function limit)"));
    for (char const* text : {"c.JupyterHub.extra_log_handlers = [object()]", "c.JupyterHub.subdomain_hook = print",
                             "c.JupyterHub.services.append({'name': 'x', 'command': print})",
                             "c.EventLogger.handlers = [object()]", "c.PAMAuthenticator.service = object()"}) {
        auto const exit = refused_file(text);
        EXPECT_EQ(exit.code, 1) << text;
        EXPECT_THAT(exit.err, HasSubstr("(jupyterhub_config.py:1): Python objects are not supported here yet")) << text;
    }
    EXPECT_THAT(refused_file("c.Spawner.pre_spawn_hook = object()").err,
                HasSubstr("a Python function is expected, not object object"));
    EXPECT_THAT(refused_file("c.Spawner.pre_spawn_hook = 'name'").err, HasSubstr("a Python function is expected"));
}

TEST_F(Loading, a_class_that_is_no_spawner_is_refused_and_told_what_there_is)
{
    for (char const* text :
         {"c.JupyterHub.spawner_class = 'no.such.Spawner'", "class S: pass\nc.JupyterHub.spawner_class = S"}) {
        auto const exit = refused_file(text);
        EXPECT_EQ(exit.code, 1);
        EXPECT_THAT(exit.err, HasSubstr("there are localprocess, simple, and Python classes derived from jupyterhub's "
                                        "Spawner, if python3 can import them."))
            << text;
    }
    EXPECT_THAT(refused_file("c.JupyterHub.authenticator_class = 'dumy'").err, HasSubstr("Did you mean dummy?"));
    EXPECT_EQ(refused_file("c.JupyterHub.authenticator_class = 3").code, 1);
}

TEST_F(Loading, old_names_are_copied_with_a_warning)
{
    auto const result = with_file(
        "c.JupyterHub.authenticator_class = 'dummy'\nc.Authenticator.allowed_users = {'new'}\n"
        "c.Authenticator.whitelist = {'old'}\nc.JupyterHub.admin_users = {'adele'}\nc.Authenticator.admin_users = "
        "set()\n"
        "c.JupyterHub.proxy_cmd = ['chp']\nc.JupyterHub.debug_proxy = True\nc.JupyterHub.proxy_auth_token = 't'\n"
        "c.JupyterHub.proxy_check_interval = 9\nc.JupyterHub.proxy_api_port = 77\n");
    auto const& config = result.config;
    EXPECT_THAT(config.list("Authenticator", "allowed_users"), ElementsAre("old"));
    EXPECT_THAT(config.list("Authenticator", "admin_users"), ElementsAre("adele"));
    EXPECT_THAT(config.list("ConfigurableHTTPProxy", "command"), ElementsAre("chp"));
    EXPECT_TRUE(config.flag("ConfigurableHTTPProxy", "debug"));
    EXPECT_EQ(config.text("ConfigurableHTTPProxy", "auth_token"), "t");
    EXPECT_EQ(config.integer("ConfigurableHTTPProxy", "check_running_interval"), 9);
    EXPECT_EQ(config.text("ConfigurableHTTPProxy", "api_url"), "http://127.0.0.1:77");
    EXPECT_THAT(result.warnings, Contains("Authenticator.whitelist is deprecated in JupyterHub 1.2, use "
                                          "Authenticator.allowed_users (jupyterhub_config.py:3)"));
    EXPECT_EQ(result.warnings.size(), 7U) << testing::PrintToString(result.warnings);
}

TEST_F(Loading, an_old_name_yields_where_the_new_one_is_set_and_the_table_says_so)
{
    auto const config = with_file("c.JupyterHub.admin_users = {'old'}\nc.Authenticator.admin_users = {'new'}\n").config;
    EXPECT_THAT(config.list("Authenticator", "admin_users"), ElementsAre("new"));
    EXPECT_EQ(with_file("c.JupyterHub.proxy_api_ip = '10.0.0.1'\nc.JupyterHub.port = 90\n")
                  .config.text("ConfigurableHTTPProxy", "api_url"),
              "http://10.0.0.1:91");
}

TEST_F(Loading, names_without_effect_are_warned_about)
{
    EXPECT_THAT(with_file("c.LocalProcessSpawner.popen_kwargs = {'x': 1}\nc.JupyterHub.statsd_port = 8125\n").warnings,
                ElementsAre(HasSubstr("LocalProcessSpawner.popen_kwargs (jupyterhub_config.py:1): Has no effect")));
    EXPECT_THAT(with_file("c.LocalAuthenticator.group_whitelist = {'x'}\n").warnings,
                ElementsAre(HasSubstr("group_whitelist")));
    EXPECT_THAT(with_file("c.JupyterHubApp.hub_port = 5\n").warnings, ElementsAre(HasSubstr("JupyterHubApp")));
    EXPECT_EQ(loaded().config.integer("JupyterHub", "hub_port"), 5);
}

// S-FILE-02
TEST_F(Loading, an_unknown_name_among_those_that_say_who_may_enter_is_no_warning)
{
    for (char const* name :
         {"blacklist", "allowed_user", "alowed_users", "block_users", "admin_user", "allow_everyone"})
        EXPECT_THAT(refused_file(std::string("c.Authenticator.") + name + " = {'x'}\n").err,
                    HasSubstr(std::string("`") + name + "` not recognized"));
    EXPECT_THAT(with_file("c.Authenticator.auto_logn = True\n").warnings, ElementsAre(HasSubstr("auto_login")));
    EXPECT_THAT(with_file("c.Authenticator.whitelist = {'x'}\n").warnings, ElementsAre(HasSubstr("deprecated")));
}

TEST_F(Loading, sections_inside_sections_reach_their_class)
{
    EXPECT_EQ(with_file("c.JupyterHub.PAMAuthenticator.service = 'sshd'\n").config.text("PAMAuthenticator", "service"),
              "sshd");
}

TEST_F(Loading, modes_and_positional_words)
{
    EXPECT_EQ(loaded({"--show-config"}).command_line.mode, Mode::show_config);
    EXPECT_EQ(loaded({"--show-config-json"}).command_line.mode, Mode::show_config_json);
    EXPECT_EQ(loaded({"--generate-certs"}).command_line.mode, Mode::generate_certs);
    auto const token = loaded({"token", "ada"}).command_line;
    EXPECT_EQ(token.mode, Mode::token);
    EXPECT_THAT(token.positional, ElementsAre("ada"));
    EXPECT_EQ(refused({"token", "a", "b"}).err, "Must specify exactly one username\n");
    EXPECT_EQ(refused({"stray", "word"}).err, "Unrecognized command-line arguments: 'stray word'\n");
    EXPECT_EQ(refused({"--Spawner.args", "x", "y"}).code, 1);
    auto const version = refused({"--version"});
    EXPECT_EQ(version.code, 0);
    EXPECT_EQ(version.out, "5.5.1\n");
}

TEST_F(Loading, show_config_json_prints_what_was_set)
{
    auto const result =
        with_file("c.Spawner.mem_limit = '2G'\nc.Authenticator.admin_users = {'a'}\nc.Spawner.args.append('x')\n"
                  "c.JupyterHub.api_tokens = {'token-0123': 'ada'}\nc.JupyterHub.services = [{'name': 's', "
                  "'api_token': 'hush'}]\n"
                  "c.JupyterHub.db_url = 'postgresql://u:pw@h/db'\n",
                  {"--show-config-json", "--JupyterHub.hub_port=12", "--Authenticator.allowed_users=b"});
    auto const shown = Json::parse(show_config_json(result.config));
    EXPECT_EQ(shown, Json::parse(R"({"Authenticator": {"admin_users": "{'a'}", "allowed_users": ["b"]},
        "JupyterHub": {"api_tokens": "[secret]", "db_url": "postgresql://u:[secret]@h/db", "hub_port": 12,
                       "services": [{"name": "s", "api_token": "[secret]"}]},
        "Spawner": {"args": "<LazyConfigValue {'extend': ['x']}>", "mem_limit": "2G"}})"));
    EXPECT_THAT(show_config(result.config),
                HasSubstr("Authenticator\n  .admin_users = {'a'}\n  .allowed_users = ['b']\n"));
    EXPECT_THAT(show_config(result.config), HasSubstr("  .api_tokens = '[secret]'\n"));
}

} // namespace
} // namespace jhub::config

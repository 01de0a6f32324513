// A hub whose configuration file has functions in it: a real interpreter runs them.
#include <array>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>

#include "auth/system_accounts.hpp"
#include "config/load.hpp"
#include "hub/startup/parts.hpp"
#include "hub/startup/restore.hpp"
#include "hub/startup/start_python.hpp"
#include "hub/support/test_hub.hpp"
#include "python/host.hpp"

namespace jhub::hub {
namespace {

using testing::HasSubstr;

// The classes here ask no system.
class NoAccounts final : public auth::SystemAccounts {
  public:
    Async<privileged::PamAnswer> verify(privileged::PamRequest) override { co_return fail(Errc::failed, "not asked"); }
    Async<privileged::Account> find(std::string) override { co_return fail(Errc::not_found, "not asked"); }
    Async<> run(std::vector<std::string>) override { co_return fail(Errc::failed, "not asked"); }
};

class PythonHooks : public TestHub {
  protected:
    // The rest of the configuration as the file has it; to be called before the hub starts.
    void configure(std::string const& text, std::string const& first = "c.JupyterHub.authenticator_class = 'dummy'\n")
    {
        file_ = file("config.py");
        std::ofstream(file_) << first << text;
        std::shared_ptr<python::Child> interpreter;
        auto const read = [&](std::string const& name, config::Environment const& environment) -> Result<Json> {
            TRY(auto evaluation, python::evaluate(name, environment));
            if (evaluation.interpreter)
                interpreter = std::make_shared<python::Child>(*std::move(evaluation.interpreter));
            return std::move(evaluation.answer);
        };
        config::Environment const environment{{"PATH", "/usr/bin:/bin"}, {"HOME", "/tmp"}};
        std::array<char const*, 3> const words{"jupyterhub", "-f", file_.c_str()};
        auto loaded = config::load(words.size(), words.data(), environment, read);
        ASSERT_TRUE(std::holds_alternative<config::Loaded>(loaded)) << std::get<config::Exit>(loaded).err;
        std::vector<std::string> warnings;
        auto made = config::make_settings(std::get<config::Loaded>(loaded).config, environment, warnings);
        ASSERT_TRUE(made) << made.error().message;
        made->hub.db_url = settings.hub.db_url;
        made->hub.cookie_secret = settings.hub.cookie_secret;
        made->hub.tornado_settings.slow_spawn_timeout = 20s;
        made->hub.tornado_settings.slow_stop_timeout = 20s;
        settings = *std::move(made);
        ServeInput input{settings, allow, environment, interpreter, file_};
        auto started = start_python(loop().get_executor(), input);
        ASSERT_TRUE(started) << started.error().message;
        settings = std::move(input.settings);
        python_ = *std::move(started);
        ASSERT_TRUE(python_.host);
    }
    void change_parts(HubParts& parts) override
    {
        parts.python = python_.host.get();
        parts.python_abilities = python_.abilities;
        if (settings.python.authenticator)
            parts.authenticator = make_python_authenticator(settings, parts.login_rules, accounts_, *python_.host,
                                                            python_.abilities["authenticator"])
                                      .value();
    }
    void TearDown() override
    {
        python_.host.reset(); // while its loop is there
        kill_hub();
    }

    TestClient admin()
    {
        if (!find_user("root"))
            add_user("root", true);
        return with_token("root");
    }
    Answer start_as_admin(std::string const& user, Json const& options = Json())
    {
        if (!find_user(user))
            add_user(user);
        return admin().post("/hub/api/users/" + user + "/server", options);
    }

    StartedPython python_;
    std::string file_;
    NoAccounts accounts_;
};

TEST_F(PythonHooks, what_a_hook_sets_counts_for_this_start_alone)
{
    configure(
        "def hook(spawner):\n    if spawner.user.name == 'ada':\n        spawner.environment['A'] = 'from hook'\n"
        "        spawner.args = ['--big']\n        spawner.cmd = ['own-server']\n"
        "        spawner.mem_limit = '1G'\nc.Spawner.environment = {'B': 'plain'}\nc.Spawner.pre_spawn_hook = hook\n");
    ASSERT_EQ(start_as_admin("ada").status, 201);
    EXPECT_EQ(spawner.variable("ada", "A"), "from hook");
    EXPECT_EQ(spawner.variable("ada", "B"), "plain");
    EXPECT_EQ(spawner.variable("ada", "MEM_LIMIT"), "1073741824");
    EXPECT_EQ(spawner.requests.back().args, std::vector<std::string>{"--big"});
    EXPECT_EQ(spawner.requests.back().cmd, std::vector<std::string>{"own-server"});
    ASSERT_EQ(start_as_admin("bob").status, 201);
    EXPECT_EQ(spawner.variable("bob", "A"), "(none)");
    EXPECT_EQ(spawner.requests.back().args, std::vector<std::string>{});
}

TEST_F(PythonHooks, an_http_error_of_a_hook_is_the_answer_and_nothing_is_left)
{
    configure(
        "class E(Exception):\n    status_code, log_message = 409, 'not today'\ndef hook(spawner):\n    raise E()\n"
        "c.Spawner.pre_spawn_hook = hook\n");
    auto const answer = start_as_admin("ada");
    EXPECT_EQ(answer.status, 409);
    EXPECT_EQ(answer.message(), "not today");
    EXPECT_EQ(spawner.starts(), 0U);
    EXPECT_EQ(look("select count(*) from servers"), "0");
    EXPECT_EQ(look("select count(*) from oauth_clients where identifier = 'jupyterhub-user-ada'"), "0");
}

TEST_F(PythonHooks, a_value_of_a_wrong_type_stops_that_start_with_its_name)
{
    configure("def hook(spawner):\n    spawner.http_timeout = 'soon'\nc.Spawner.pre_spawn_hook = hook\n");
    auto const answer = start_as_admin("ada");
    EXPECT_EQ(answer.status, 400);
    EXPECT_THAT(answer.message(), HasSubstr("http_timeout"));
}

TEST_F(PythonHooks, a_hook_that_hangs_ends_its_start_at_the_deadline_and_holds_up_nobody)
{
    configure("import asyncio\nasync def hook(spawner):\n    if spawner.user.name == 'ada':\n"
              "        await asyncio.sleep(1000)\nc.Spawner.pre_spawn_hook = hook\nc.Spawner.start_timeout = 1\n");
    add_user("ada");
    auto client = admin();
    auto const hanging = client.begin({.method = "POST", .target = "/hub/api/users/ada/server"});
    EXPECT_EQ(start_as_admin("bob").status, 201);
    EXPECT_FALSE(hanging->answered);
    auto const answer = client.finish(hanging);
    EXPECT_EQ(answer.status, 500);
    EXPECT_EQ(answer.message(), "A hook of the configuration did not answer within 1 seconds.");
}

TEST_F(PythonHooks, a_hook_that_blocks_does_not_block_the_hub)
{
    configure("import time\ndef hook(spawner):\n    time.sleep(1000)\nc.Spawner.pre_spawn_hook = hook\n"
              "c.Spawner.start_timeout = 1\n");
    add_user("ada");
    auto client = admin();
    auto const hanging = client.begin({.method = "POST", .target = "/hub/api/users/ada/server"});
    EXPECT_EQ(client.get("/hub/api/users/ada").status, 200);
    EXPECT_FALSE(hanging->answered);
    EXPECT_EQ(client.finish(hanging).status, 500);
}

TEST_F(PythonHooks, a_process_that_dies_fails_the_start_under_way_and_not_the_next)
{
    configure("import asyncio, os\nasync def hook(spawner):\n    if spawner.user.name == 'ada':\n        os._exit(1)\n"
              "c.Spawner.pre_spawn_hook = hook\n");
    auto const answer = start_as_admin("ada");
    EXPECT_EQ(answer.status, 503);
    EXPECT_THAT(answer.message(), HasSubstr("started again"));
    EXPECT_EQ(start_as_admin("bob").status, 201);
}

TEST_F(PythonHooks, the_hook_after_a_stop_runs_when_the_server_is_gone)
{
    auto const note = file("note");
    configure("def hook(spawner):\n    open('" + note + "', 'w').write(spawner.user.name + str(spawner.server))\n" +
              "c.Spawner.post_stop_hook = hook\n");
    ASSERT_EQ(start_as_admin("ada").status, 201);
    EXPECT_FALSE(std::filesystem::exists(note));
    EXPECT_EQ(admin().delete_("/hub/api/users/ada/server").status, 204);
    std::string text;
    std::getline(std::ifstream(note), text);
    EXPECT_EQ(text, "adaNone");
}

TEST_F(PythonHooks, functions_give_the_form_and_read_it)
{
    configure("c.Spawner.options_form = lambda spawner: '<input name=\"size\" title=\"%s\">' % spawner.user.name\n"
              "c.Spawner.options_from_form = lambda form: {'size': int(form['size'][0])}\n");
    auto ada = login("ada");
    EXPECT_TRUE(ada.get("/hub/spawn").contains("title=\"ada\""));
    EXPECT_EQ(ada.post_form("/hub/spawn", {{"size", "7"}}).status, 302);
    ASSERT_TRUE(until([&] { return server_of("ada") && server_of("ada")->ready(); }));
    EXPECT_EQ(*server_of("ada")->user_options, Json::parse(R"({"size": 7})"));
}

TEST_F(PythonHooks, pages_ask_functions_too)
{
    configure("c.JupyterHub.template_vars = {'announcement': lambda user: 'Hi ' + (user.name if user else 'you')}\n"
              "c.JupyterHub.default_url = lambda handler: '/hub/home?for=' + handler.current_user.name\n"
              "c.JupyterHub.allow_named_servers = True\n"
              "c.JupyterHub.named_server_limit_per_user = lambda handler: 1\n"
              "c.JupyterHub.user_redirect_hook = lambda path, request, user, base_url: '/elsewhere/' + path\n");
    auto ada = login("ada");
    EXPECT_TRUE(ada.get("/hub/home").contains("Hi ada"));
    EXPECT_EQ(ada.get("/hub/").location(), "/hub/home?for=ada");
    EXPECT_EQ(ada.get("/hub/user-redirect/x/y").location(), "/elsewhere/x/y");
    EXPECT_EQ(ada.post("/hub/api/users/ada/servers/one").status, 201);
    EXPECT_EQ(ada.post("/hub/api/users/ada/servers/two").status, 400);
}

TEST_F(PythonHooks, a_failing_function_of_a_page_spoils_no_other_page)
{
    configure("def broken(user):\n    raise RuntimeError('no news')\n"
              "c.JupyterHub.template_vars = {'announcement': broken}\n");
    EXPECT_EQ(login("ada").get("/hub/home").status, 200);
}

TEST_F(PythonHooks, the_hook_after_a_login_may_rename_and_refuse)
{
    configure(
        "def hook(authenticator, handler, model):\n    if model['name'] == 'refused':\n        return None\n"
        "    model['name'] = 'really-' + model['name']\n    return model\nc.Authenticator.post_auth_hook = hook\n");
    auto client = browser();
    client.get("/hub/login");
    EXPECT_EQ(client.post_form("/hub/login", {{"username", "ada"}, {"password", "x"}}).status, 302);
    EXPECT_TRUE(find_user("really-ada"));
    auto other = browser();
    other.get("/hub/login");
    EXPECT_EQ(other.post_form("/hub/login", {{"username", "refused"}, {"password", "x"}}).status, 403);
    EXPECT_FALSE(find_user("refused"));
}

TEST_F(PythonHooks, a_stop_during_a_hook_does_not_wait_for_it)
{
    configure("import asyncio\nasync def hook(spawner):\n    try:\n        await asyncio.sleep(1000)\n"
              "    except asyncio.CancelledError:\n        open('" +
              file("ended") + "', 'w').close()\n        raise\nc.Spawner.pre_spawn_hook = hook\n");
    add_user("ada");
    auto client = admin();
    auto const starting = client.begin({.method = "POST", .target = "/hub/api/users/ada/server"});
    ASSERT_TRUE(until([&] {
        auto const server = server_of("ada");
        return server && server->spawner_id != 0;
    }));
    EXPECT_EQ(client.delete_("/hub/api/users/ada/server").status, 204);
    EXPECT_EQ(client.finish(starting).status, 500);
    EXPECT_FALSE(client.get("/hub/api/users/ada").json()["servers"].contains(""));
    EXPECT_TRUE(until([&] { return std::filesystem::exists(file("ended")); })) << "the hook was told";
    EXPECT_EQ(spawner.starts(), 0U);
}

// Classes of the package jupyterhub's kind; what they are asked is in reference auth-flow.md §9, plugins.md A1.
class PythonClasses : public PythonHooks {
  protected:
    // The body of an authenticator class, in which says(name) is what the test has written under that name.
    void with_authenticator(std::string const& body, std::string const& rest = "")
    {
        configure("class Mine(Authenticator):\n    allow_all = True\n    async def authenticate(self, handler, data):\n"
                  "        return eval(says('login') or 'data[\"username\"]', {'data': data})\n" +
                      body + "\nc.JupyterHub.authenticator_class = Mine\n" + rest,
                  "import os\nfrom jupyterhub.auth import Authenticator\ndef says(name):\n"
                  "    path = os.path.join('" +
                      file("") +
                      "', name)\n    return open(path).read() if os.path.exists(path) else ''\n"
                      "def note(name, text):\n    open(os.path.join('" +
                      file("") + "', name), 'a').write(text + ' ')\n");
    }
    void say(std::string const& name, std::string const& text) { std::ofstream(file(name)) << text; }
    std::string noted(std::string const& name)
    {
        std::ifstream stream(file(name));
        return {std::istreambuf_iterator<char>(stream), {}};
    }
};

TEST_F(PythonClasses, a_login_is_refreshed_when_it_is_old_and_ends_when_the_class_says_so)
{
    with_authenticator("    async def refresh_user(self, user, handler):\n        note('asked', user.name)\n"
                       "        return eval(says('refresh') or 'True')",
                       "c.Authenticator.auth_refresh_age = 60\n");
    TestClient ada = login("ada");
    EXPECT_EQ(ada.get("/hub/home").status, 200);
    EXPECT_EQ(noted("asked"), "") << "it is new";
    clock.advance(61s);
    EXPECT_EQ(ada.get("/hub/home").status, 200);
    EXPECT_EQ(ada.get("/hub/home").status, 200);
    EXPECT_EQ(noted("asked"), "ada ");
    clock.advance(61s);
    say("refresh", "{'name': 'somebody else', 'admin': True}");
    EXPECT_EQ(ada.get("/hub/admin").status, 200) << "as of now";
    EXPECT_TRUE(find_user("ada")->admin);
    EXPECT_FALSE(find_user("somebody else"));
    clock.advance(61s);
    say("refresh", "False");
    EXPECT_TRUE(ada.get("/hub/home").location().starts_with("/hub/login"));
    EXPECT_EQ(with_token("ada").get("/hub/api/user").status, 403) << "tokens, too";
    say("refresh", "1 / 0");
    EXPECT_TRUE(ada.get("/hub/home").location().starts_with("/hub/login")) << "nobody knows";
    say("refresh", "True");
    EXPECT_EQ(ada.get("/hub/home").status, 200);
}

TEST_F(PythonClasses, starts_ask_first_where_the_configuration_says_so)
{
    with_authenticator(
        "    async def refresh_user(self, user, handler):\n        return eval(says('refresh') or 'True')",
        "c.Authenticator.refresh_pre_spawn = True\n");
    TestClient ada = login("ada");
    say("refresh", "False");
    auto const refused = ada.post("/hub/api/users/ada/server");
    EXPECT_EQ(refused.status, 403) << refused.body;
    EXPECT_EQ(spawner.starts(), 0U);
    say("refresh", "True");
    EXPECT_EQ(ada.post("/hub/api/users/ada/server").status, 201);
}

TEST_F(PythonClasses, are_told_of_people_who_come_and_go)
{
    with_authenticator(
        "    def add_user(self, user):\n        if user.name == 'eve':\n            raise ValueError('not her')\n"
        "        note('added', user.name)\n"
        "    async def delete_user(self, user):\n        note('deleted', user.name)");
    login("ada");
    EXPECT_EQ(admin().post("/hub/api/users/bob").status, 201);
    auto const refused = admin().post("/hub/api/users/eve");
    EXPECT_EQ(refused.status, 400);
    EXPECT_THAT(refused.message(), HasSubstr("not her"));
    auto client = browser();
    client.get("/hub/login");
    EXPECT_EQ(client.post_form("/hub/login", {{"username", "eve"}, {"password", "x"}}).status, 500);
    EXPECT_FALSE(find_user("eve"));
    EXPECT_EQ(noted("added"), "ada bob ");
    EXPECT_EQ(admin().delete_("/hub/api/users/ada").status, 204);
    EXPECT_EQ(noted("deleted"), "ada ");
}

TEST_F(PythonClasses, are_told_of_everybody_at_the_start)
{
    with_authenticator(
        "    def add_user(self, user):\n        if user.name == 'eve':\n            raise ValueError('not her')\n"
        "        note('added', user.name)",
        "c.Authenticator.delete_invalid_users = True\nc.Authenticator.blocked_users = {'mallory'}\n");
    for (auto const* name : {"ada", "eve", "mallory"})
        add_user(name);
    run(restore_servers(hub()));
    EXPECT_EQ(noted("added"), "ada ");
    EXPECT_FALSE(find_user("eve"));
    EXPECT_TRUE(find_user("ada") && find_user("mallory"));
}

TEST_F(PythonClasses, may_keep_the_roles)
{
    say("login",
        "{'name': data['username'], 'roles': [{'name': 'user'}, {'name': 'grader', 'scopes': ['list:users']}]}");
    with_authenticator(
        "    manage_roles = True\n    async def load_managed_roles(self):\n"
        "        return [{'name': 'shown', 'description': 'd', 'scopes': ['read:hub'], 'users': ['bob']}]");
    TestClient ada = login("ada");
    EXPECT_EQ(look("SELECT managed_by_auth FROM roles WHERE name = 'shown'"), "1");
    EXPECT_EQ(ada.get("/hub/api/users").status, 200);
    EXPECT_EQ(with_token("bob").get("/hub/api/info").status, 200);
    say("login", "{'name': data['username'], 'roles': [{'name': 'user'}]}");
    ada = login("ada");
    EXPECT_EQ(ada.get("/hub/api/users").status, 403);
    EXPECT_EQ(look("SELECT count(*) FROM roles WHERE name = 'grader'"), "0") << "nobody holds it any more";
    say("login", "{'name': data['username'], 'roles': [{'name': 'odd', 'scopes': ['no:such:scope']}]}");
    auto client = browser();
    client.get("/hub/login");
    EXPECT_EQ(client.post_form("/hub/login", {{"username", "ada"}, {"password", "x"}}).status, 409);
    EXPECT_EQ(look("SELECT count(*) FROM roles WHERE name = 'odd'"), "0");
}

TEST_F(PythonClasses, may_show_a_login_page_of_their_own)
{
    with_authenticator("    login_service = 'the Lab'\n    def get_custom_html(self, base_url):\n"
                       "        return '<b id=\"own\" data-base=\"' + base_url + '\">{{ login_url }}{{ next }}</b>'");
    auto const page = browser().get("/hub/login?next=%2Fhub%2Ftoken");
    EXPECT_EQ(page.status, 200);
    EXPECT_THAT(page.body, HasSubstr("<b id=\"own\" data-base=\"/hub/\">/hub/login%2Fhub%2Ftoken</b>"));
}

TEST_F(PythonClasses, have_their_say_by_their_attributes)
{
    with_authenticator(
        "    blocked_users = {'mallory'}\n    admin_users = {'root'}\n    username_map = {'countess': 'ada'}\n"
        "    auth_refresh_age = 7\n    refresh_pre_stop = True");
    EXPECT_EQ(settings.authenticator.auth_refresh_age, 7s);
    EXPECT_TRUE(settings.authenticator.refresh_pre_stop);
    login("countess");
    EXPECT_TRUE(find_user("ada"));
    EXPECT_TRUE(find_user("root")->admin);
    auto client = browser();
    client.get("/hub/login");
    EXPECT_EQ(client.post_form("/hub/login", {{"username", "mallory"}, {"password", "x"}}).status, 403);
}

TEST_F(PythonClasses, of_spawners_are_told_when_a_server_is_deleted_for_good)
{
    configure(
        "import os\nfrom jupyterhub.spawner import SimpleLocalProcessSpawner\nclass Mine(SimpleLocalProcessSpawner):\n"
        "    async def delete_forever(self):\n        open('" +
        file("gone") +
        "', 'a').write(self.user.name + '/' + self.name + ' ')\n"
        "c.JupyterHub.spawner_class = Mine\nc.JupyterHub.allow_named_servers = True\n");
    add_user("ada");
    auto client = admin();
    EXPECT_EQ(client.post("/hub/api/users/ada/servers/lab").status, 201);
    EXPECT_EQ(client.delete_("/hub/api/users/ada/servers/lab").status, 204);
    EXPECT_EQ(noted("gone"), "") << "stopped only";
    EXPECT_EQ(client.delete_("/hub/api/users/ada/servers/lab", {{"remove", true}}).status, 204);
    EXPECT_EQ(noted("gone"), "ada/lab ");
    EXPECT_EQ(client.post("/hub/api/users/ada/server").status, 201);
    EXPECT_EQ(client.delete_("/hub/api/users/ada").status, 204);
    EXPECT_EQ(noted("gone"), "ada/lab ada/ ");
}

} // namespace
} // namespace jhub::hub

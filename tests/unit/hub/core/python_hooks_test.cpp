// Functions in the configuration file, asked by the hub while it runs.
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>

#include "hub/support/python_hub.hpp"

namespace jhub::hub {
namespace {

using testing::HasSubstr;

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
    EXPECT_EQ(client.finish(starting).status, 409);
    EXPECT_FALSE(client.get("/hub/api/users/ada").json()["servers"].contains(""));
    EXPECT_TRUE(until([&] { return std::filesystem::exists(file("ended")); })) << "the hook was told";
    EXPECT_EQ(spawner.starts(), 0U);
}

} // namespace
} // namespace jhub::hub

// Authenticator and spawner classes in the configuration file.
#include <fstream>

#include <gmock/gmock.h>

#include "hub/startup/restore.hpp"
#include "hub/support/python_hub.hpp"

namespace jhub::hub {
namespace {

using testing::HasSubstr;

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

TEST_F(PythonClasses, that_fail_at_every_login_say_so_and_their_failures_are_counted)
{
    with_authenticator("    async def authenticate(self, handler, data):\n"
                       "        handler.set_cookie('a', 'b')\n        return data['username']\n");
    TestClient client = browser();
    client.get("/hub/login");
    auto const answer = client.post_form("/hub/login", {{"username", "ada"}, {"password", "x"}});
    EXPECT_EQ(answer.status, 500);
    EXPECT_THAT(answer.body, HasSubstr("Logging in is broken on this hub"));
    EXPECT_THAT(answer.body, testing::Not(HasSubstr("try again in a minute")));
    int last = 0;
    for (int i = 0; i < 40 && last != 429; ++i)
        last = client.post_form("/hub/login", {{"username", "ada"}, {"password", "x"}}).status;
    EXPECT_EQ(last, 429) << "an error may be a no: guesses are limited";
}

// ---- auto_login (reference auth-flow.md §5) ----

TEST_F(PythonClasses, that_read_the_request_let_people_in_without_a_form)
{
    with_authenticator("    auto_login = True\n    async def authenticate(self, handler, data):\n"
                       "        note('data', repr(data))\n"
                       "        return handler.request.headers.get('X-Remote-User')\n");
    TestClient ada = browser();
    ada.always.set("X-Remote-User", "Ada");
    auto const answer = ada.get("/hub/login?next=%2Fhub%2Ftoken");
    EXPECT_EQ(answer.status, 302) << answer.body;
    EXPECT_EQ(answer.location(), "/hub/token");
    EXPECT_EQ(noted("data"), "None ");
    ada.always = {};
    EXPECT_EQ(ada.get("/hub/home").status, 200) << "logged in from now on";
    EXPECT_TRUE(find_user("ada"));
    EXPECT_TRUE(ada.get("/hub/logout").contains("Sign in again")) << "else they would be back at once";
    EXPECT_EQ(ada.get("/hub/home").location(), "/hub/login?next=%2Fhub%2Fhome");
}

TEST_F(PythonClasses, that_find_nobody_in_the_request_refuse_without_locking_the_gateway_out)
{
    with_authenticator("    auto_login = True\n    async def authenticate(self, handler, data):\n"
                       "        return handler.request.headers.get('X-Remote-User')\n");
    for (int i = 0; i < 30; ++i)
        ASSERT_EQ(browser().get("/hub/login?next=https%3A%2F%2Fevil.example").status, 403);
    TestClient ada = browser();
    ada.always.set("X-Remote-User", "ada");
    EXPECT_EQ(ada.get("/hub/login?next=https%3A%2F%2Fevil.example").location(), "/hub/spawn");
    TestClient mallory = browser();
    mallory.always.set("X-Remote-User", "no/name");
    EXPECT_EQ(mallory.get("/hub/login").status, 403);
}

TEST_F(PythonClasses, begin_the_login_where_they_say)
{
    with_authenticator("    auto_login = True\n    def login_url(self, base_url):\n"
                       "        return 'https://sso.example/begin?hub=' + base_url\n");
    EXPECT_EQ(browser().get("/hub/login").location(), "https://sso.example/begin?hub=/hub/");
    EXPECT_EQ(browser().get("/hub/login?next=%2Fhub%2Ftoken").location(),
              "https://sso.example/begin?hub=/hub/&next=%2Fhub%2Ftoken");
    EXPECT_EQ(browser().get("/hub/login?next=%2F%2Fevil").location(), "https://sso.example/begin?hub=/hub/");
    EXPECT_EQ(browser().get("/hub/home").location(), "/hub/login?next=%2Fhub%2Fhome");
    EXPECT_EQ(browser().get("/hub/api/oauth2/authorize").location(),
              "/hub/login?next=%2Fhub%2Fapi%2Foauth2%2Fauthorize");
}

TEST_F(PythonClasses, begin_the_login_for_other_programs_where_they_say)
{
    with_authenticator("    auto_login_oauth2_authorize = True\n    login_service = 'SSO'\n"
                       "    def login_url(self, base_url):\n        return 'https://sso.example/begin'\n"
                       "    def logout_url(self, base_url):\n        return base_url + 'own-logout'\n");
    auto const sent = browser().get("/hub/api/oauth2/authorize?client_id=x").location();
    ASSERT_TRUE(sent.starts_with("https://sso.example/begin?next=http")) << sent;
    EXPECT_TRUE(sent.ends_with("%2Fhub%2Fapi%2Foauth2%2Fauthorize%3Fclient_id%3Dx")) << "they come back to this hub";
    EXPECT_TRUE(browser().get("/hub/home").location().starts_with("/hub/login?")) << "nothing else";
    EXPECT_TRUE(browser().get("/hub/login").contains("href=\"https://sso.example/begin\"")) << "the button leads there";
    EXPECT_TRUE(login("ada").get("/hub/home").contains("/hub/own-logout"));
}

} // namespace
} // namespace jhub::hub

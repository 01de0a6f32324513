// What a site's templates may ask of the hub's objects, and which blocks of the frame they may fill, on every page.
// template_names.txt holds what the Python hub 5.2.1 printed for each expression in home.html, with the configuration
// below.
#include <fstream>

#include <gmock/gmock.h>

#include "base/strings.hpp"
#include "hub/support/python_hub.hpp"

namespace jhub::hub {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string unescaped(std::string text)
{
    for (auto const& [from, to] : {std::pair("&#39;", "'"), std::pair("&#34;", "\""), std::pair("&lt;", "<"),
                                   std::pair("&gt;", ">"), std::pair("&amp;", "&")})
        text = replace_all(text, from, to);
    return text;
}

class TemplateNames : public PythonHooks {
  protected:
    void write_template(std::string const& name, std::string const& text)
    {
        std::filesystem::create_directory(file("templates"));
        std::ofstream(file("templates/" + name)) << text;
    }
    void configure_site(std::string const& more = "")
    {
        configure("c.JupyterHub.spawner_class = 'simple'\n"
                  "c.JupyterHub.template_paths = ['" +
                  file("templates") +
                  "']\n"
                  "c.JupyterHub.load_groups = {'staff': {'users': ['alice'], 'properties': {'x': 1}}}\n"
                  "c.JupyterHub.load_roles = [{'name': 'lister', 'description': 'May list', 'scopes': ['list:users', "
                  "'self', 'access:services'], 'users': ['alice']}]\n"
                  "c.JupyterHub.services = [{'name': 'grader', 'url': 'http://127.0.0.1:9', 'api_token': 'a'*32, "
                  "'info': {'k': 1}}]\n"
                  "c.Spawner.mem_limit = '1G'; c.Spawner.cpu_limit = 1.5; c.Spawner.environment = {'A': 'b'}\n"
                  "c.Spawner.default_url = '/lab'; c.Spawner.notebook_dir = '/tmp'\n"
                  "c.JupyterHub.template_vars = {'tuple': ('a', 'b'), 'members': {'x', 'y'}, 'nested': {'a': {'b': "
                  "(1,)}}, 'lazy': lambda user: user.name if user else 'nobody'}\n" +
                  more);
    }
    // What the expression prints on the home page.
    static std::string printed(Answer const& page, std::string const& name)
    {
        auto const begin = page.body.find("\n@" + name + "@");
        if (begin == std::string::npos)
            return "(missing)";
        auto const from = begin + name.size() + 3;
        return unescaped(page.body.substr(from, (page.body + "\n").find("@\n", from) - from));
    }
};

TEST_F(TemplateNames, are_those_of_the_python_hub)
{
    std::ifstream rows(JHUB_SOURCE_DIR "/tests/unit/hub/pages/template_names.txt");
    std::map<std::string, std::pair<std::string, std::string>> expected; // number → expression, what it prints
    std::string home = "{% extends \"templates/home.html\" %}{% block main %}";
    for (std::string line; std::getline(rows, line);) {
        auto const equals = line.ends_with(" =") ? line.size() - 2 : line.rfind(" = ");
        std::string const expression = line.substr(0, equals);
        auto const number = std::to_string(expected.size());
        expected[number] = {expression, equals + 3 > line.size() ? "" : line.substr(equals + 3)};
        home += "\n@" + number + "@{{ " + expression + " }}@\n";
    }
    ASSERT_GT(expected.size(), 90U);
    write_template("home.html", home + "{% endblock %}");
    configure_site();
    TestClient alice = login("alice");
    auto const page = alice.get("/hub/home");
    ASSERT_EQ(page.status, 200) << page.body;
    for (auto const& [number, row] : expected)
        EXPECT_EQ(printed(page, number), row.second) << row.first;
}

TEST_F(TemplateNames, of_the_user_are_there_on_every_page)
{
    write_template("page.html", "{% extends \"templates/page.html\" %}{% block header %}{% if user %}\n@1@"
                                "{{ user.groups|map(attribute='name')|join(',') }}|"
                                "{{ user.roles|map(attribute='name')|join(',') }}|{{ user.orm_user.name }}@\n"
                                "{% endif %}{% endblock %}");
    configure_site("c.Spawner.options_form = 'size: <input name=size>'\n");
    TestClient alice = login("alice");
    for (auto const* path : {"/hub/home", "/hub/token", "/hub/spawn", "/hub/spawn/alice", "/hub/user/alice/",
                             "/hub/spawn-pending/alice", "/hub/no-such-page"})
        EXPECT_EQ(printed(alice.get(path), "1"), "staff|user,lister|alice") << path;
}

TEST_F(TemplateNames, of_an_owner_are_his_when_somebody_else_looks)
{
    write_template("not_running.html", "\n@1@{{ user.name }} {{ user.groups|map(attribute='name')|join(',') }}@\n");
    configure_site();
    login("alice");
    add_user("root", true);
    TestClient root = login("root");
    auto const page = root.get("/hub/spawn-pending/alice");
    EXPECT_EQ(printed(page, "1"), "alice staff") << page.body;
}

TEST_F(TemplateNames, of_a_running_server)
{
    write_template("home.html", "\n@1@{{ default_server.orm_spawner.started.year > 2000 }} {{ user.running }} "
                                "{{ user.server.base_url }} {{ user.spawner.server.port > 0 }} "
                                "{{ user.spawner.orm_spawner.user_options.size }}@\n");
    configure_site();
    TestClient alice = login("alice");
    ASSERT_EQ(alice.post("/hub/api/users/alice/server", {{"size", "big"}}).status, 201);
    EXPECT_EQ(printed(alice.get("/hub/home"), "1"), "True True /user/alice/ True big");
}

TEST_F(TemplateNames, of_the_authenticator_tell_its_class_its_options_and_no_secrets)
{
    write_template("login.html", "\n@1@{{ authenticator.__class__.__name__ }} {{ authenticator.enable_auth_state }} "
                                 "{{ authenticator.auto_login }} {{ authenticator.allow_all }} "
                                 "[{{ authenticator.password }}] [{{ authenticator.get_custom_html(base_url) }}] "
                                 "{{ authenticator.login_url(base_url) }} {{ authenticator.logout_url(base_url) }}@\n");
    configure_site("c.DummyAuthenticator.password = 'open sesame'\nc.Authenticator.allow_all = True\n");
    EXPECT_EQ(printed(browser().get("/hub/login"), "1"),
              "DummyAuthenticator False False True [] [] /hub/login /hub/logout");
}

TEST_F(TemplateNames, auth_state_is_shown_where_it_is_kept)
{
    write_template("home.html", "\n@1@{{ auth_state.cleared }}@\n");
    settings.hub.template_paths = {file("templates")};
    configure_site("def state(authenticator, handler, model):\n    model['auth_state'] = {'cleared': 'yes'}\n"
                   "    return model\nc.Authenticator.post_auth_hook = state\n"
                   "c.Authenticator.enable_auth_state = True\nc.CryptKeeper.keys = ['" +
                   std::string(64, 'a') + "']\n");
    TestClient alice = login("alice");
    EXPECT_EQ(printed(alice.get("/hub/home"), "1"), "yes");
}

class Blocks : public TemplateNames {
  protected:
    // Pages of every template that somebody can come to without a running server.
    std::vector<std::pair<std::string, Answer>> pages()
    {
        std::vector<std::pair<std::string, Answer>> all{{"/hub/login", browser().get("/hub/login")}};
        add_user("root", true);
        TestClient root = login("root");
        for (std::string const path : {"/hub/home", "/hub/token", "/hub/admin", "/hub/spawn", "/hub/user/root/",
                                       "/hub/no-such-page", "/hub/error/503", "/hub/accept-share?code=none"})
            all.emplace_back(path, root.get(path));
        return all;
    }
};

TEST_F(Blocks, of_the_frame_are_filled_on_every_page)
{
    std::string frame = "{% extends \"templates/page.html\" %}";
    for (auto const* block :
         {"title", "stylesheet", "favicon", "scripts", "meta", "logo", "header", "announcement", "footer"})
        frame += std::string("{% block ") + block + " %}<!-- my " + block + " -->{% endblock %}\n";
    write_template("page.html", frame);
    configure_site("c.Spawner.options_form = 'size: <input name=size>'\n");
    for (auto const& [path, page] : pages())
        for (auto const* block :
             {"title", "stylesheet", "favicon", "scripts", "meta", "logo", "header", "announcement", "footer"})
            EXPECT_THAT(page.body, HasSubstr(std::string("<!-- my ") + block + " -->")) << path;
}

TEST_F(Blocks, the_title_of_a_site_is_the_title_of_every_page)
{
    write_template("page.html", "{% extends \"templates/page.html\" %}{% block title %}Our Lab{% endblock %}");
    configure_site("c.Spawner.options_form = 'size: <input name=size>'\n");
    for (auto const& [path, page] : pages())
        EXPECT_THAT(page.body, HasSubstr("<title>Our Lab</title>")) << path;
}

TEST_F(Blocks, a_site_may_add_to_the_title)
{
    write_template("page.html", "{% extends \"templates/page.html\" %}{% block title %}{{ super() }} of our lab"
                                "{% endblock %}");
    configure_site();
    TestClient alice = login("alice");
    EXPECT_THAT(alice.get("/hub/home").body, HasSubstr("<title>Home · JupyterHub of our lab</title>"));
    EXPECT_THAT(alice.get("/hub/no-such-page").body, HasSubstr("<title>404 Not Found · JupyterHub of our lab</title>"));
}

TEST_F(Blocks, a_pending_page_reloads_itself_also_where_the_site_fills_its_block)
{
    write_template("page.html", "{% extends \"templates/page.html\" %}{% block meta %}<!-- my meta -->{% endblock %}");
    configure_site();
    TestClient alice = login("alice");
    spawner.next_start(Scripted::never_ready);
    ASSERT_EQ(alice.get("/hub/spawn").status, 302);
    auto const page = alice.get("/hub/spawn-pending/alice");
    EXPECT_THAT(page.body, HasSubstr("<!-- my meta -->"));
    EXPECT_THAT(page.body, HasSubstr("<noscript><meta http-equiv=\"refresh\""));
}

} // namespace
} // namespace jhub::hub

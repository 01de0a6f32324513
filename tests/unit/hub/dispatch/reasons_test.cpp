// Nothing fails without its reason in the log: every route is walked while one part after the other does not work, and
// each answer of 500 and more must have a line of its own beside the line of the request.
#include <fstream>

#include <gmock/gmock.h>

#include "base/log.hpp"
#include "base/strings.hpp"
#include "hub/support/python_hub.hpp"

namespace jhub::hub {
namespace {

using testing::HasSubstr;
using testing::Not;

struct Walk {
    Walk() { log::configure({.program = "test", .level = log::Level::warning, .extra_file = {}}); }
    // The answer, and the lines of the log that are not the request's own.
    struct Seen {
        Answer answer;
        std::string reasons;
    };
    static Seen send(TestClient& client, Call call)
    {
        testing::internal::CaptureStderr();
        Seen seen{client.send(std::move(call)), {}};
        for (auto const& line : split(testing::internal::GetCapturedStderr(), '\n'))
            if (!line.contains("ms") || !line.contains(fmt::format("{} ", seen.answer.status)) ||
                !line.contains("@10.1.2.3)"))
                seen.reasons += line + "\n";
        return seen;
    }
};

std::string fill(std::string pattern)
{
    for (auto const& [name, value] : {std::pair<std::string, std::string>{"{user}", "ada"},
                                      {"{owner}", "ada"},
                                      {"{server}", "lab"},
                                      {"{server?}", ""},
                                      {"{id?}", "a1"},
                                      {"{code}", "404"},
                                      {"{path*}", "x/y"},
                                      {"{group}", "staff"},
                                      {"{service}", "grader"},
                                      {"{name}", "lab"}})
        if (auto const at = pattern.find(name); at != std::string::npos)
            pattern.replace(at, name.size(), value);
    while (pattern.find('{') != std::string::npos) {
        auto const open = pattern.find('{'), close = pattern.find('}');
        pattern.replace(open, close - open + 1, "x");
    }
    return pattern;
}

// Asks every route as both; counts the answers of 500 and more, each of which must have its reason.
int walk(std::vector<RouteTable> const& tables, std::vector<TestClient*> const& clients)
{
    int failed = 0;
    for (auto const& table : tables)
        for (auto const& route : table.routes)
            for (TestClient* const client : clients) {
                Call call{std::string(http::to_string(route.method)), "/hub" + fill(std::string(route.pattern))};
                if (call.target == "/hub/logout" || call.target.ends_with("/progress"))
                    continue;
                if (route.method == http::Method::post && table.surface == Surface::page) {
                    call.headers.set("Content-Type", "application/x-www-form-urlencoded");
                    call.body = "username=eve&password=secret";
                } else if (route.method == http::Method::post || route.method == http::Method::patch ||
                           route.method == http::Method::put) {
                    call.headers.set("Content-Type", "application/json");
                    call.body = "{}";
                }
                auto const what = call.method + " " + call.target;
                auto const seen = Walk::send(*client, std::move(call));
                if (seen.answer.status < 500)
                    continue;
                ++failed;
                EXPECT_NE(trim(seen.reasons), "")
                    << what << " → " << seen.answer.status << " without a reason: " << seen.answer.body.substr(0, 200);
            }
    return failed;
}

class Reasons : public TestHub {};

TEST_F(Reasons, a_template_that_fails_is_told_with_file_line_and_message)
{
    auto const folder = std::filesystem::path(file("templates"));
    std::filesystem::create_directories(folder);
    std::vector<std::string> const pages{"login", "home",   "token",       "spawn", "spawn_pending", "stop_pending",
                                         "admin", "logout", "not_running", "oauth", "accept-share"};
    for (auto const& page : pages)
        std::ofstream(folder / (page + ".html"))
            << "{% extends \"templates/" << page << ".html\" %}\n{% block main %}{{ site.name }}{% endblock %}"
            << "{% block login %}{{ site.name }}{% endblock %}";
    settings.hub.template_paths = {folder.string()};
    add_user("root", true);
    TestClient stranger = browser(), root = with_token("root");
    Walk const quiet;
    auto const login = Walk::send(stranger, {"GET", "/hub/login"});
    EXPECT_EQ(login.answer.status, 500);
    EXPECT_THAT(login.reasons, HasSubstr("GET /hub/login: "));
    EXPECT_THAT(login.reasons, HasSubstr("templates/login.html:2"));
    EXPECT_THAT(login.reasons, HasSubstr("'site' is undefined"));
    EXPECT_THAT(login.answer.body, Not(HasSubstr(folder.string()))) << "where it lies is nobody's business";
    EXPECT_THAT(login.answer.body, HasSubstr("a mistake in a template"));
    EXPECT_GE(walk(tables(), {&stranger, &root}), 1);
}

TEST_F(Reasons, a_database_that_fails_is_told_for_every_route)
{
    add_user("root", true);
    TestClient me = login("ada"), root = with_token("root");
    Walk const quiet;
    look("ALTER TABLE users RENAME TO hidden_users");
    look("ALTER TABLE spawners RENAME TO hidden_spawners");
    look("ALTER TABLE groups RENAME TO hidden_groups");
    EXPECT_GE(walk(tables(), {&me, &root}), 10);
}

TEST_F(Reasons, a_proxy_that_fails_is_told)
{
    add_user("root", true);
    TestClient root = with_token("root");
    hub();
    proxy.failures = 1'000'000;
    Walk const quiet;
    add_user("ada");
    auto const listed = Walk::send(root, {"GET", "/hub/api/proxy"});
    EXPECT_GE(listed.answer.status, 500);
    EXPECT_THAT(listed.reasons, HasSubstr("GET /hub/api/proxy: "));
    walk(tables(), {&root});
}

TEST_F(Reasons, a_start_that_fails_is_told)
{
    add_user("root", true);
    add_user("ada");
    TestClient root = with_token("root");
    for (auto const how : {Scripted::fails, Scripted::exits_at_once}) {
        spawner.next_start(how);
        Walk const quiet;
        auto const seen = Walk::send(root, {"POST", "/hub/api/users/ada/server"});
        EXPECT_GE(seen.answer.status, 500);
        EXPECT_NE(trim(seen.reasons), "");
        until([&] { return !server_of("ada") || !server_of("ada")->active(); });
    }
}

TEST_F(Reasons, of_a_refusal_names_the_scopes_that_are_missing)
{
    add_user("ada");
    TestClient me = with_token("ada");
    Walk const quiet;
    auto const seen = Walk::send(me, {"GET", "/hub/api/proxy"});
    EXPECT_EQ(seen.answer.status, 403);
    EXPECT_THAT(seen.reasons, HasSubstr("GET /hub/api/proxy: You are not allowed to do this. (needs proxy)"));
}

TEST_F(Reasons, of_a_refusal_tell_a_missing_login_from_a_missing_token_against_forgery)
{
    TestClient stranger = browser();
    Walk const quiet;
    EXPECT_THAT(Walk::send(stranger, {"GET", "/hub/api/users"}).reasons, HasSubstr("Missing or invalid credentials."));
    TestClient me = login("ada");
    me.sends_xsrf = false;
    EXPECT_THAT(Walk::send(me, {"POST", "/hub/api/users/ada/server"}).reasons,
                HasSubstr("did not carry the token that protects you from other sites"));
}

class PythonReasons : public PythonHooks {};

TEST_F(PythonReasons, a_function_that_fails_is_told_with_its_traceback)
{
    configure("def broken(*arguments, **more):\n    raise RuntimeError('the flowers are missing')\n"
              "c.JupyterHub.template_vars = {'lazy': broken}\nc.JupyterHub.default_url = broken\n"
              "c.JupyterHub.user_redirect_hook = broken\nc.JupyterHub.named_server_limit_per_user = broken\n"
              "c.JupyterHub.allow_named_servers = True\n"
              "c.Spawner.pre_spawn_hook = c.Spawner.options_form = broken\n");
    add_user("root", true);
    TestClient me = browser(), root = with_token("root");
    add_user("ada");
    Walk const quiet;
    auto const seen = Walk::send(root, {"POST", "/hub/api/users/ada/server"});
    EXPECT_GE(seen.answer.status, 500);
    EXPECT_THAT(seen.reasons, HasSubstr("the flowers are missing"));
    walk(tables(), {&me, &root});
}

} // namespace
} // namespace jhub::hub

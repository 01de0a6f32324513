// What the Python process refuses of a hub that somebody has taken over. The test is the hub.
#include "base/strings.hpp"
#include "python/host.hpp"
#include "python/live_host.hpp"
#include "python/support.hpp"

#include <gmock/gmock.h>
#include <pwd.h>
#include <unistd.h>

namespace jhub::python {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class CallsTest : public testing::Test {
  protected:
    // more: of the greeting.
    void start(std::string const& text, Json const& more = Json::object())
    {
        std::string const all = "c.A.environment = {}\nc.A.pre_spawn_hook = lambda spawner: None\nc.A.args = []\n"
                                "c.A.apply_user_options = None\nc.A.post_stop_hook = None\nc.A.group_overrides = {}\n"
                                "c.A.auth_state_hook = None\n" +
                                text;
        auto evaluation = evaluate(folder.write("config.py", all), {{"PATH", "/usr/bin:/bin"}});
        ASSERT_TRUE(evaluation && evaluation->interpreter);
        interpreter.emplace(*std::move(evaluation->interpreter));
        Json options;
        for (auto const& [name, entry] : evaluation->answer["sections"]["A"].items())
            options[name] = {{"value", entry["value"]}, {"set", true}};
        greeting = {{"account", {{"uid", ::geteuid()}, {"gid", ::getegid()}, {"groups", Json::array()}}},
                    {"log_level", 60},
                    {"hub", {{"base_url", "/hub/"}, {"url", "http://h/hub/"}, {"api_url", "http://h/hub/api"}}},
                    {"spawner", {{"options", options}}},
                    {"authenticator", {{"options", Json::object()}}}};
        greeting.update(more);
        auto const introduced = introduce(*interpreter, greeting, 20s);
        ASSERT_TRUE(introduced) << introduced.error().message;
    }
    Json send(std::string const& line)
    {
        auto const deadline = std::chrono::steady_clock::now() + 20s;
        EXPECT_TRUE(interpreter->send(line + "\n", deadline));
        for (;;) {
            auto const lines = interpreter->receive_line(deadline, 1 << 20);
            if (!lines)
                return Json(lines.error().message);
            for (auto const& one : split(*lines, '\n'))
                if (auto const message = parse_json(one, 100); message && !message->contains("begun"))
                    return *message;
        }
    }
    Json ask(std::string const& call, Json const& told)
    {
        return send(Json{{"id", ++number}, {"call", call}, {"with", told}}.dump());
    }
    std::string refusal_of(std::string const& call, Json const& told)
    {
        auto const answer = ask(call, told);
        return answer.contains("error") ? answer["error"]["message"].get<std::string>() : "not refused";
    }
    static Json about(std::string const& name = "ada")
    {
        return {{"user", {{"id", 1}, {"name", name}, {"admin", false}, {"groups", {"staff"}}, {"url", "/user/"}}},
                {"name", ""},
                {"base_path", "/user/"},
                {"user_options", Json::object()}};
    }
    static Json with(Json told, std::string const& name, Json value)
    {
        told[name] = std::move(value);
        return told;
    }
    static Json admission()
    {
        return {{"admission",
                 {{"first_uid", 1000},
                  {"never", {61000}},
                  {"shells", Json::array()},
                  {"local_servers", true},
                  {"loaders", {{"PATH", "/bin"}}}}}};
    }

    TemporaryDirectory folder;
    std::optional<Child> interpreter;
    Json greeting;
    int number = 0;
};

TEST_F(CallsTest, what_people_choose_is_data_whatever_it_looks_like)
{
    start("def hook(spawner):\n    spawner.args = [repr(spawner.user_options)]\nc.A.pre_spawn_hook = hook\n");
    auto const told =
        with(about(), "user_options", {{"a", {{"$live", {{"at", "A.pre_spawn_hook"}}}}}, {"b", {{"$set", {1}}}}});
    EXPECT_EQ(ask("spawner.prepare", told)["result"]["changes"]["args"][0],
              "{'a': {'$live': {'at': 'A.pre_spawn_hook'}}, 'b': {'$set': [1]}}");
}

TEST_F(CallsTest, the_greeting_comes_once)
{
    start("");
    EXPECT_THAT(refusal_of("configure", greeting), HasSubstr("no such call"));
    EXPECT_TRUE(ask("spawner.prepare", about()).contains("result"));
}

TEST_F(CallsTest, a_start_goes_in_its_order)
{
    start("");
    auto const environment = with(about(), "environment", Json::object());
    EXPECT_THAT(refusal_of("spawner.environment", environment), HasSubstr("started again in the middle"));
    EXPECT_TRUE(ask("spawner.prepare", about()).contains("result"));
    EXPECT_THAT(refusal_of("spawner.delete_forever", about()), HasSubstr("not the turn"));
    EXPECT_THAT(refusal_of("spawner.environment", with(about("bo"), "environment", Json::object())),
                HasSubstr("middle"))
        << "of the same number, but not of the same name";
    EXPECT_TRUE(ask("spawner.environment", environment).contains("result"));
    EXPECT_THAT(refusal_of("spawner.environment", environment), HasSubstr("not the turn"));
    EXPECT_TRUE(ask("spawner.stopped", about()).contains("result"));
    EXPECT_TRUE(ask("spawner.stopped", about()).contains("result")) << "a server of an earlier hub";
    EXPECT_TRUE(ask("spawner.prepare", about()).contains("result"));
}

TEST_F(CallsTest, a_start_whose_hook_failed_has_not_been_prepared)
{
    start("def hook(spawner):\n    error = RuntimeError('no')\n    error.status_code = 400\n    raise error\n"
          "c.A.pre_spawn_hook = hook\n");
    EXPECT_EQ(refusal_of("spawner.prepare", about()), "RuntimeError");
    EXPECT_THAT(refusal_of("spawner.environment", with(about(), "environment", Json::object())), HasSubstr("middle"));
    EXPECT_EQ(refusal_of("spawner.prepare", about()), "RuntimeError");
}

TEST_F(CallsTest, a_function_is_called_for_what_it_was_configured_for_only)
{
    start("c.JupyterHub.default_url = lambda handler: '/x'\n");
    Json const request{{"method", "GET"},
                       {"uri", "/"},
                       {"path", "/"},
                       {"query", ""},
                       {"host", "h"},
                       {"protocol", ""},
                       {"remote_ip", "1.2.3.4"},
                       {"headers", Json::object()},
                       {"user", nullptr}};
    auto const call = [&](std::string const& at) { return Json{{"at", at}, {"handler", request}}; };
    EXPECT_EQ(ask("page.ask", call("JupyterHub.default_url"))["result"], "/x");
    for (auto const* at : {"A.pre_spawn_hook", "JupyterHub.named_server_limit_per_user", "", "os.system"})
        EXPECT_THAT(refusal_of("page.ask", call(at)), HasSubstr("left alive for this")) << at;
    EXPECT_THAT(refusal_of("spawner.scopes", with(about(), "options", {"stop"})), HasSubstr("options"));
}

TEST_F(CallsTest, names_follow_the_rules_and_the_pattern)
{
    auto rules = admission();
    rules["authenticator"] = {{"options", {{"username_pattern", {{"value", "^[a-z./]+$"}, {"set", true}}}}}};
    start("", rules);
    EXPECT_TRUE(ask("spawner.prepare", about()).contains("result"));
    for (auto const* name : {"", "..", "../../etc", "a/b", " ada", "Ada", "ada1", "ada\nx"})
        EXPECT_THAT(refusal_of("spawner.prepare", about(name)), HasSubstr("cannot be a user name")) << name;
    EXPECT_THAT(refusal_of("spawner.prepare", with(about(), "name", "../x")), HasSubstr("name of a server"));
    auto told = about();
    told["user"]["groups"] = {"staff/../root"};
    EXPECT_THAT(refusal_of("spawner.prepare", told), HasSubstr("name of a group"));
    told["user"]["groups"] = {"/school/staff"};
    EXPECT_TRUE(ask("spawner.prepare", told).contains("result"));
}

TEST_F(CallsTest, with_more_rights_than_the_hub_it_knows_people_only)
{
    start("", admission());
    for (auto const* name : {"root", "daemon", "nobody"})
        EXPECT_THAT(refusal_of("spawner.prepare", about(name)), HasSubstr("account of the system")) << name;
    for (auto const* name : {"-R", "0", "999", "a b", "a;id", "$(id)", "a:root"})
        EXPECT_THAT(refusal_of("spawner.prepare", about(name)), HasSubstr("cannot become one")) << name;
    // A hook may make the account.
    for (auto const* name : {"no-such-person", "20261128", "a.b@c.org"})
        EXPECT_TRUE(ask("spawner.prepare", about(name)).contains("result")) << name;
    EXPECT_EQ(refusal_of("spawner.environment", with(about("a.b@c.org"), "environment", Json::object())),
              "There is no system account named a.b@c.org.");
}

TEST_F(CallsTest, without_local_servers_people_need_no_account)
{
    auto rules = admission();
    rules["admission"]["local_servers"] = false;
    start("", rules);
    EXPECT_TRUE(ask("spawner.prepare", about()).contains("result"));
    EXPECT_TRUE(ask("spawner.environment", with(about(), "environment", {{"PATH", "/bin"}})).contains("result"));
}

TEST_F(CallsTest, variables_that_make_programs_load_others_are_roots_own)
{
    auto rules = admission();
    rules["admission"]["local_servers"] = false;
    start("", rules);
    EXPECT_TRUE(ask("spawner.prepare", about()).contains("result"));
    for (auto const* name : {"PATH", "LD_PRELOAD", "PYTHONPATH", "BASH_ENV"})
        EXPECT_THAT(refusal_of("spawner.environment", with(about(), "environment", {{name, "/evil"}})),
                    HasSubstr("not what the hub was started with"))
            << name;
}

TEST_F(CallsTest, what_has_no_known_form_is_refused_and_the_next_call_served)
{
    start("");
    Json nested = "end";
    for (int i = 0; i < 200; ++i)
        nested = Json::array({nested});
    EXPECT_THAT(refusal_of("spawner.prepare", with(about(), "user_options", {{"a", nested}})), HasSubstr("nested"));
    EXPECT_THAT(refusal_of("spawner.prepare", with(about(), "class", "x")), HasSubstr("does not belong"));
    EXPECT_THAT(refusal_of("spawner.prepare", Json::object()), HasSubstr("missing"));
    EXPECT_THAT(refusal_of("spawner.prepare", Json()), HasSubstr("no fields"));
    EXPECT_THAT(refusal_of("os.system", {{"command", "id"}}), HasSubstr("no such call"));
    for (auto const* line : {"{}", R"({"id": [], "call": "configure"})", R"({"ping": "x"})", R"({"cancel": {}})",
                             R"({"id": true, "call": "spawner.prepare", "with": {}})", R"({"ping": 1, "cancel": 1})"})
        EXPECT_EQ(send(line)["error"]["status"], 403) << line;
    EXPECT_EQ(send(R"({"ping": 5})")["pong"], 5);
    EXPECT_TRUE(ask("spawner.prepare", about()).contains("result"));
}

TEST_F(CallsTest, what_is_no_message_ends_it)
{
    for (auto const& line : {std::string("garbage"), std::string("[1]"), std::string(""), std::string("\xff\xfe"),
                             std::string(100'000, '['), R"({"id": 1)" + std::string()}) {
        start("");
        testing::internal::CaptureStderr();
        EXPECT_EQ(send(line), "the Python process ended early") << line.substr(0, 20);
        std::string ending;
        for (int i = 0; i < 1000 && ending.empty(); ++i) {
            usleep(5000);
            ending = interpreter->try_reap();
        }
        EXPECT_EQ(ending, "exit status 0");
        EXPECT_THAT(testing::internal::GetCapturedStderr(), testing::Not(HasSubstr("Traceback")));
    }
}

} // namespace
} // namespace jhub::python

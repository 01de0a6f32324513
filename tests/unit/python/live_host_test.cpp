// The Python process while the hub runs: calls, errors, deadlines, its death and its next life.
#include "python/live_host.hpp"
#include "python/support.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <csignal>
#include <gmock/gmock.h>
#include <unistd.h>

#include "base/log.hpp"

namespace jhub::python {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

Environment usual() { return {{"PATH", "/usr/local/bin:/usr/bin:/bin"}, {"HOME", "/tmp"}}; }

Json greeting(Json const& options, unsigned uid)
{
    return {{"account", {{"uid", uid}, {"gid", uid}, {"groups", Json::array()}}},
            {"log_level", 50},
            {"hub", {{"base_url", "/hub/"}, {"url", "http://h/hub/"}, {"api_url", "http://h/hub/api"}}},
            {"spawner", {{"options", options}}},
            {"authenticator", {{"options", Json::object()}}}};
}

// A configuration whose options of the spawner are those of class A in the file.
class LiveHostTest : public testing::Test {
  protected:
    LiveHostTest() { log::configure({.program = "test", .level = log::Level::critical, .extra_file = {}}); }
    ~LiveHostTest() override
    {
        host.reset();
        loop.restart();
        loop.run_for(50ms);
    }

    void start(std::string const& text, std::chrono::milliseconds ping_patience = 5s, unsigned uid = ::geteuid())
    {
        std::string const all = "c.A.environment = {}\nc.A.pre_spawn_hook = None\nc.A.auth_state_hook = None\n"
                                "c.A.group_overrides = {}\nc.A.apply_user_options = None\nc.A.post_stop_hook = None\n"
                                "c.A.args = []\nc.A.cmd = ['server']\nc.A.mem_limit = None\n" +
                                text;
        auto const file = folder.write("jupyterhub_config.py", all);
        auto evaluation = evaluate(file, usual());
        ASSERT_TRUE(evaluation) << evaluation.error().message;
        ASSERT_TRUE(evaluation->interpreter) << evaluation->answer.dump();
        Json options;
        for (auto const& [name, entry] : evaluation->answer["sections"]["A"].items())
            options[name] = {{"value", entry["value"]}, {"set", true}};
        auto const introduced = introduce(*evaluation->interpreter, greeting(options, uid), 20s);
        ASSERT_TRUE(introduced) << introduced.error().message;
        host = std::make_unique<LiveHost>(loop.get_executor(),
                                          LiveOptions{file, usual(), greeting(options, uid), {}, ping_patience, {}, {}},
                                          *std::move(evaluation->interpreter));
    }

    static Json question(std::string const& user = "ada")
    {
        return {
            {"user", {{"id", user.size()}, {"name", user}, {"admin", false}, {"groups", {"staff"}}, {"url", "/user/"}}},
            {"name", ""},
            {"base_path", "/user/"},
            {"user_options", Json::object()}};
    }
    struct Asked {
        std::optional<Answer> answer;
    };
    std::shared_ptr<Asked> ask(std::string const& method, Json arguments, std::chrono::milliseconds patience = 20s)
    {
        auto const asked = std::make_shared<Asked>();
        asio::co_spawn(loop, host->call(method, std::move(arguments), patience),
                       [asked](std::exception_ptr, Answer answer) { asked->answer = std::move(answer); });
        return asked;
    }
    template <typename Condition> bool until(Condition condition, std::chrono::milliseconds patience = 20s)
    {
        auto const end = std::chrono::steady_clock::now() + patience;
        while (!condition() && std::chrono::steady_clock::now() < end) {
            loop.restart();
            loop.run_one_for(20ms);
        }
        return condition();
    }
    Answer answer_of(std::shared_ptr<Asked> const& asked)
    {
        EXPECT_TRUE(until([&] { return asked->answer.has_value(); }));
        return asked->answer.value_or(std::unexpected(CallError{}));
    }
    Answer call(std::string const& method, Json arguments, std::chrono::milliseconds patience = 20s)
    {
        return answer_of(ask(method, std::move(arguments), patience));
    }
    Answer prepare(std::chrono::milliseconds patience = 20s) { return call("spawner.prepare", question(), patience); }

    TemporaryDirectory folder;
    asio::io_context loop{1};
    std::unique_ptr<LiveHost> host;
};

TEST_F(LiveHostTest, what_a_hook_changes_comes_back_and_nothing_else)
{
    start("def hook(spawner):\n    spawner.mem_limit = '2G'\n    spawner.args = spawner.args + ['--x']\n"
          "c.A.pre_spawn_hook = hook\n");
    EXPECT_EQ(prepare().value(), Json::parse(R"({"changes": {"args": ["--x"], "mem_limit": "2G"}})"));
}

TEST_F(LiveHostTest, one_servers_changes_are_not_the_nexts)
{
    start("def hook(spawner):\n    spawner.args.append(spawner.user.name)\nc.A.pre_spawn_hook = hook\n");
    EXPECT_EQ(prepare().value()["changes"]["args"], Json::array({"ada"}));
    EXPECT_EQ(call("spawner.prepare", question("bo")).value()["changes"]["args"], Json::array({"bo"}));
}

TEST_F(LiveHostTest, the_environment_is_the_hubs_then_the_configured_with_functions_called)
{
    start("def hook(spawner):\n    spawner.environment['HOOK'] = lambda s: s.name + '!'\n"
          "c.A.environment = {'PLAIN': 1, 'CALLED': lambda spawner: spawner.user.name}\nc.A.pre_spawn_hook = hook\n");
    ASSERT_TRUE(prepare());
    Json asked = question();
    asked["environment"] = {{"JUPYTERHUB_USER", "ada"}, {"PLAIN", "hub's"}};
    EXPECT_EQ(call("spawner.environment", asked).value()["environment"],
              Json::parse(R"({"JUPYTERHUB_USER": "ada", "PLAIN": "1", "CALLED": "ada", "HOOK": "!"})"));
}

TEST_F(LiveHostTest, an_exception_is_its_words_and_its_traceback_is_printed)
{
    testing::internal::CaptureStderr();
    start("def hook(spawner):\n    raise RuntimeError('no disk')\nc.A.pre_spawn_hook = hook\n");
    auto const answer = prepare();
    auto const printed = testing::internal::GetCapturedStderr();
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().message, "no disk");
    EXPECT_EQ(answer.error().status, 500);
    EXPECT_FALSE(answer.error().intended);
    EXPECT_THAT(printed, HasSubstr("raise RuntimeError('no disk')"));
    EXPECT_THAT(printed, testing::Not(HasSubstr("<jupyterhub")));
}

TEST_F(LiveHostTest, an_http_error_keeps_status_message_and_html)
{
    start("class E(Exception):\n    status_code = 409\n    log_message = 'not today'\n"
          "    jupyterhub_html_message = '<b>no</b>'\n"
          "async def hook(spawner):\n    raise E()\nc.A.pre_spawn_hook = hook\n");
    auto const answer = prepare();
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().status, 409);
    EXPECT_EQ(answer.error().message, "not today");
    EXPECT_EQ(answer.error().html, "<b>no</b>");
    EXPECT_TRUE(answer.error().intended);
}

TEST_F(LiveHostTest, nonsense_from_a_function_is_an_error_of_that_call_alone)
{
    testing::internal::CaptureStderr();
    start("c.A.options_form = ''\nc.A.options_from_form = lambda form: 42\n");
    Json asked = question();
    asked["form"] = Json::object();
    auto const answer = call("spawner.options_from_form", asked);
    testing::internal::GetCapturedStderr();
    ASSERT_FALSE(answer);
    EXPECT_THAT(answer.error().message, HasSubstr("must return a dictionary, not int"));
    EXPECT_TRUE(prepare());
}

TEST_F(LiveHostTest, what_a_hook_prints_goes_to_standard_output_and_does_not_disturb)
{
    testing::internal::CaptureStdout();
    start("def hook(spawner):\n    print('hello from the hook')\nc.A.pre_spawn_hook = hook\n");
    EXPECT_TRUE(prepare());
    EXPECT_EQ(testing::internal::GetCapturedStdout(), "hello from the hook\n");
}

TEST_F(LiveHostTest, a_hook_that_waits_lets_others_go_on)
{
    start("import asyncio\ngate = asyncio.Event()\nasync def hook(spawner):\n    if spawner.user.name == 'ada':\n"
          "        await gate.wait()\n    gate.set()\nc.A.pre_spawn_hook = hook\n");
    auto const first = ask("spawner.prepare", question("ada"));
    EXPECT_TRUE(call("spawner.prepare", question("bo")));
    EXPECT_TRUE(answer_of(first));
}

TEST_F(LiveHostTest, a_late_hook_that_waits_is_cancelled_and_the_process_lives_on)
{
    start("import asyncio\nasync def hook(spawner):\n    if spawner.user.name == 'ada':\n"
          "        await asyncio.sleep(1000)\nc.A.pre_spawn_hook = hook\n");
    int const pid = host->pid();
    auto const answer = prepare(100ms);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Errc::timeout);
    EXPECT_EQ(answer.error().message, "A hook of the configuration did not answer within 0.1 seconds.");
    EXPECT_TRUE(call("spawner.prepare", question("bo")));
    EXPECT_EQ(host->pid(), pid);
}

TEST_F(LiveHostTest, a_stuck_process_is_replaced_and_who_waited_behind_the_hook_is_asked_again)
{
    start("import time\ndef hook(spawner):\n    if spawner.user.name == 'ada':\n        time.sleep(1000)\n"
          "c.A.pre_spawn_hook = hook\n",
          100ms);
    int const pid = host->pid();
    auto const stuck = ask("spawner.prepare", question("ada"), 200ms);
    auto const behind = ask("spawner.prepare", question("bo"));
    EXPECT_EQ(answer_of(stuck).error().code, Errc::timeout);
    EXPECT_TRUE(answer_of(behind));
    EXPECT_NE(host->pid(), pid);
}

TEST_F(LiveHostTest, a_hook_that_exits_the_process_fails_alone)
{
    start("import os\ndef hook(spawner):\n    if spawner.user.name == 'ada':\n        os._exit(3)\n"
          "c.A.pre_spawn_hook = hook\n");
    auto const answer = prepare();
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Errc::unavailable);
    EXPECT_THAT(answer.error().message, HasSubstr("started again"));
    EXPECT_TRUE(call("spawner.prepare", question("bo")));
}

TEST_F(LiveHostTest, sys_exit_in_a_hook_is_an_error_of_that_hook)
{
    testing::internal::CaptureStderr();
    start("import sys\ndef hook(spawner):\n    sys.exit(3)\nc.A.pre_spawn_hook = hook\n");
    int const pid = host->pid();
    auto const answer = prepare();
    testing::internal::GetCapturedStderr();
    EXPECT_EQ(answer.error().message, "it called sys.exit()");
    EXPECT_EQ(host->pid(), pid);
}

TEST_F(LiveHostTest, a_process_killed_from_outside_comes_back_with_the_configuration_of_now)
{
    start("def hook(spawner):\n    spawner.mem_limit = '1G'\nc.A.pre_spawn_hook = hook\n");
    int const pid = host->pid();
    ASSERT_TRUE(prepare());
    ::kill(pid, SIGKILL);
    ASSERT_TRUE(until([&] { return host->pid() != pid && host->pid() != 0; }));
    EXPECT_EQ(prepare().value()["changes"]["mem_limit"], "1G");
}

TEST_F(LiveHostTest, group_overrides_come_before_the_hook_and_functions_in_them_are_called)
{
    start("def hook(spawner):\n    spawner.args = spawner.args + ['hook']\nc.A.pre_spawn_hook = hook\n"
          "c.A.group_overrides = {'1': {'groups': ['staff'], 'spawner_override': {'args': lambda s: [s.user.name]}},\n"
          "  '2': {'groups': ['others'], 'spawner_override': {'mem_limit': '9G'}}}\n");
    EXPECT_EQ(prepare().value(), Json::parse(R"({"changes": {"args": ["ada", "hook"]}})"));
}

TEST_F(LiveHostTest, a_failing_apply_user_options_is_a_bad_request)
{
    testing::internal::CaptureStderr();
    start("def apply(spawner, options):\n    raise ValueError('no such size')\nc.A.apply_user_options = apply\n");
    Json asked = question();
    asked["user_options"] = {{"size", "xxl"}};
    auto const answer = call("spawner.prepare", asked);
    testing::internal::GetCapturedStderr();
    EXPECT_EQ(answer.error().status, 400);
    EXPECT_THAT(answer.error().message, HasSubstr("no such size"));
}

TEST_F(LiveHostTest, auth_state_that_a_hook_saves_comes_back_to_be_stored)
{
    start("async def hook(spawner):\n    state = await spawner.user.get_auth_state()\n"
          "    await spawner.user.save_auth_state({'was': state['token']})\nc.A.pre_spawn_hook = hook\n");
    Json asked = question();
    asked["user"]["auth_state"] = {{"token", "t"}};
    EXPECT_EQ(call("spawner.prepare", asked).value()["auth_state"], Json::parse(R"({"was": "t"})"));
}

TEST_F(LiveHostTest, what_root_has_evaluated_goes_on_as_the_hubs_account)
{
    if (::geteuid() != 0)
        GTEST_SKIP() << "needs root";
    start("import os\ndef hook(spawner):\n    spawner.args = [str(os.getuid()), str(os.getgroups())]\n"
          "c.A.pre_spawn_hook = hook\n",
          5s, 1);
    EXPECT_EQ(prepare().value()["changes"]["args"], Json::parse(R"(["1", "[]"])"));
}

TEST_F(LiveHostTest, a_signal_meant_for_the_hub_does_not_end_the_process)
{
    start("c.A.pre_spawn_hook = lambda spawner: None\n");
    int const pid = host->pid();
    ::kill(pid, SIGINT);
    ::kill(pid, SIGTERM);
    EXPECT_TRUE(prepare());
    EXPECT_EQ(host->pid(), pid);
}

} // namespace
} // namespace jhub::python

// Services that the hub runs, as real processes of the real helper (reference services.md §1, §5).
#include "hub/services/managed_services.hpp"

#include <csignal>
#include <fstream>
#include <sstream>

#include "hub/services/process_record.hpp"
#include "hub/services/service_environment.hpp"
#include "hub/support/test_hub.hpp"
#include "spawn/end_process.hpp"
#include "store/own_tables.hpp"

namespace jhub::hub::services {
namespace {

TEST(RestartPause, grows_while_a_service_keeps_ending_and_begins_anew_when_it_ran)
{
    RestartPause pause;
    EXPECT_EQ(pause.after(0s), 500ms);
    EXPECT_EQ(pause.after(1s), 1s);
    for (int i = 0; i < 10; ++i)
        (void)pause.after(59s);
    EXPECT_EQ(pause.after(59s), 60s);
    EXPECT_EQ(pause.after(60s), 500ms);
}

std::string value_of(Environment const& environment, std::string_view name)
{
    auto const found = std::ranges::find(environment, name, &Environment::value_type::first);
    return found == environment.end() ? "(none)" : found->second;
}

TEST(ServiceEnvironment, of_a_service_with_an_account_and_an_address)
{
    Urls const urls("/base/", "http://127.0.0.1:8081", "https://hub.example.org/base/");
    config::ServiceSpec spec;
    spec.name = "my shop";
    spec.url = "http://127.0.0.1:9000/ignored";
    spec.user = "keeper";
    spec.environment = {{"JUPYTERHUB_HOST", "mine"}, {"SIGN", "open"}};
    auto const environment =
        build_service_environment({urls,
                                   spec,
                                   "secret-token",
                                   {{"PATH", "/bin"}},
                                   privileged::Account{"keeper", 7, 7, "/home/k", "/bin/sh", {}, {}}});
    for (auto const& [name, value] :
         Environment{{"PATH", "/bin"},
                     {"JUPYTERHUB_SERVICE_NAME", "my shop"},
                     {"JUPYTERHUB_SERVICE_URL", "http://127.0.0.1:9000/ignored"},
                     {"JUPYTERHUB_SERVICE_PREFIX", "/base/services/my%20shop/"},
                     {"JUPYTERHUB_API_TOKEN", "secret-token"},
                     {"JPY_API_TOKEN", "secret-token"},
                     {"JUPYTERHUB_API_URL", "http://127.0.0.1:8081/base/hub/api"},
                     {"JUPYTERHUB_BASE_URL", "/base/"},
                     {"JUPYTERHUB_CLIENT_ID", "service-my shop"},
                     {"JUPYTERHUB_OAUTH_CALLBACK_URL", "/base/services/my%20shop/oauth_callback"},
                     {"JUPYTERHUB_OAUTH_SCOPES", R"(["access:services", "access:services!service=my shop"])"},
                     {"JUPYTERHUB_OAUTH_ACCESS_SCOPES", R"(["access:services", "access:services!service=my shop"])"},
                     {"JUPYTERHUB_OAUTH_CLIENT_ALLOWED_SCOPES", "[]"},
                     {"JUPYTERHUB_PUBLIC_URL", "https://hub.example.org/base/services/my%20shop/"},
                     {"JUPYTERHUB_PUBLIC_HUB_URL", "https://hub.example.org/base/hub/"},
                     {"JUPYTERHUB_USER", "keeper"},
                     {"JUPYTERHUB_SERVER_NAME", ""},
                     {"JUPYTERHUB_COOKIE_HOST_PREFIX_ENABLED", "0"},
                     {"USER", "keeper"},
                     {"HOME", "/home/k"},
                     {"SHELL", "/bin/sh"},
                     {"JUPYTERHUB_HOST", "mine"},
                     {"SIGN", "open"},
                     {"JUPYTERHUB_ACTIVITY_URL", "(none)"}})
        EXPECT_EQ(value_of(environment, name), value) << name;
}

TEST(ServiceEnvironment, of_a_service_without_either)
{
    Urls const urls("/", "http://127.0.0.1:8081", "");
    config::ServiceSpec spec;
    spec.name = "bg";
    auto const environment = build_service_environment({urls, spec, "t", {}, {}});
    for (auto const& [name, value] : Environment{{"JUPYTERHUB_SERVICE_URL", "http://127.0.0.1:0/"},
                                                 {"JUPYTERHUB_SERVICE_PREFIX", "(none)"},
                                                 {"JUPYTERHUB_OAUTH_CALLBACK_URL", "oauth_callback"},
                                                 {"JUPYTERHUB_PUBLIC_URL", ""},
                                                 {"JUPYTERHUB_PUBLIC_HUB_URL", ""},
                                                 {"JUPYTERHUB_USER", ""},
                                                 {"HOME", "(none)"}})
        EXPECT_EQ(value_of(environment, name), value) << name;
}

class RunningServices : public TestHub {
  protected:
    void TearDown() override
    {
        if (services_) {
            hub().stopping.set();
            run(services_->stop());
            services_.reset();
        }
        helper_.reset();
    }
    config::ServiceSpec& define(std::string const& name, std::string const& shell_line)
    {
        config::ServiceSpec spec;
        spec.name = name;
        spec.command = {"/bin/sh", "-c", shell_line};
        settings.hub.services.push_back(std::move(spec));
        return settings.hub.services.back();
    }
    privileged::Helper& helper()
    {
        if (!helper_)
            helper_ =
                *privileged::Helper::launch(loop().get_executor(), {.program = JHUB_BINARY_DIR "/jupyterhub-helper"});
        return *helper_;
    }
    // The operator's message, or "".
    std::string start_services()
    {
        services_ = std::make_unique<ManagedServices>(hub(), helper());
        auto const started = run(services_->start());
        return started ? "" : started.error().message;
    }
    std::string content(std::string const& name)
    {
        std::ifstream stream(file(name));
        std::ostringstream text;
        text << stream.rdbuf();
        return text.str();
    }
    int pid_of(std::string const& name)
    {
        if (!find_user("root"))
            add_user("root", true);
        return with_token("root").get("/hub/api/services/" + name).json()["pid"].get<int>();
    }
    static bool lives(int pid) { return pid > 0 && ::kill(pid, 0) == 0; }

    std::unique_ptr<privileged::Helper> helper_;
    std::unique_ptr<ManagedServices> services_;
};

TEST_F(RunningServices, start_with_their_environment_and_end_with_the_hub)
{
    define("shop",
           "env > " + file("env") + "; pwd > " + file("pwd") + "; echo $$ > " + file("pid") + "; exec sleep 600")
        .cwd = "/usr";
    EXPECT_EQ(start_services(), "");
    EXPECT_TRUE(until([&] { return !content("pid").empty(); }));
    EXPECT_TRUE(content("env").contains("JUPYTERHUB_SERVICE_NAME=shop\n"));
    EXPECT_EQ(content("pwd"), "/usr\n");
    int const pid = pid_of("shop");
    EXPECT_EQ(content("pid"), std::to_string(pid) + "\n");
    EXPECT_TRUE(lives(pid));
    hub().stopping.set();
    run(services_->stop());
    EXPECT_FALSE(lives(pid));
    EXPECT_EQ(pid_of("shop"), 0);
}

TEST_F(RunningServices, have_a_token_that_works_and_takes_the_place_of_the_former_one)
{
    define("shop", "printf $JUPYTERHUB_API_TOKEN > " + file("token") + "; exec sleep 600").url = server.url();
    EXPECT_EQ(start_services(), "");
    EXPECT_TRUE(until([&] { return content("token").size() == 32; }));
    TestClient service = browser();
    service.token = content("token");
    EXPECT_EQ(service.get("/hub/api/user").json()["name"], "shop");
    EXPECT_NE(look("SELECT secret FROM oauth_clients WHERE identifier = 'service-shop'"), "");
    hub().stopping.set();
    run(services_->stop());
    services_.reset();
    helper_.reset();
    kill_hub();
    EXPECT_EQ(start_services(), "");
    EXPECT_EQ(look("SELECT count(*) FROM api_tokens WHERE note = 'generated at startup'"), "1");
    EXPECT_EQ(service.get("/hub/api/user").status, 403);
}

TEST_F(RunningServices, are_started_again_when_they_end)
{
    define("shop",
           "echo started >> " + file("starts") + "; test $(wc -l < " + file("starts") + ") = 1 || exec sleep 600");
    EXPECT_EQ(start_services(), "");
    EXPECT_TRUE(until([&] { return content("starts") == "started\nstarted\n" && lives(pid_of("shop")); }, 10s));
}

TEST_F(RunningServices, that_have_no_command_there_are_the_error_of_the_start)
{
    define("shop", "exec sleep 600");
    define("broken", "").command = {"/no/such/program"};
    define("later", "exec sleep 600");
    EXPECT_EQ(start_services(),
              "Service broken of c.JupyterHub.services cannot be started: Command not found: /no/such/program");
    EXPECT_TRUE(lives(pid_of("shop")));
    EXPECT_EQ(pid_of("later"), 0);
}

TEST_F(RunningServices, that_end_before_they_answer_are_the_error_of_the_start)
{
    define("shop", "exit 3").url = "http://127.0.0.1:1";
    EXPECT_TRUE(start_services().ends_with("its process ended before it answered (exit code: 3)."));
}

TEST_F(RunningServices, of_a_hub_that_was_killed_end_before_the_new_ones_start)
{
    privileged::StartCommand command;
    command.argv = {"/bin/sleep", "600"};
    command.working_directory = "/";
    auto const former = *run(helper().prepare(std::move(command)));
    ASSERT_TRUE(run(helper().release(former->id().pid)));
    write([&](store::Transaction& transaction) {
        save_process_record(transaction, "former", former->id());
        save_process_record(transaction, "gone", {999'999'999, 1, "boot", 0});
        store::save_setting(transaction, "service-process:garbage", "{");
        return true;
    });
    define("unused", "true"); // the hub runs already: this one is not its own
    EXPECT_EQ(start_services(), "");
    EXPECT_FALSE(former->running());
    EXPECT_EQ(
        look("SELECT count(*) FROM jhub_settings WHERE key IN ('service-process:former', 'service-process:gone')"),
        "0");
}

TEST_F(RunningServices, do_not_take_the_place_of_one_that_was_added_over_the_rest_api)
{
    add_user("root", true);
    EXPECT_EQ(with_token("root").post("/hub/api/services/shop", {{"info", {{"a", 1}}}}).status, 201);
    kill_hub();
    define("shop", "exec sleep 600");
    EXPECT_EQ(start_services(), "");
    EXPECT_EQ(pid_of("shop"), 0);
}

} // namespace
} // namespace jhub::hub::services

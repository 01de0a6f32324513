// Who may have a process, and what may reach PAM: decided by the helper, whatever the hub says.
#include <gtest/gtest.h>

#include "helper/pam_login.hpp"
#include "helper/policy.hpp"

namespace jhub::helper {
namespace {

using privileged::Account;
using privileged::RecentLogin;

constexpr std::uint32_t root = 0;
Account const ada{.name = "ada", .uid = 1000};
Account const toor{.name = "toor", .uid = 0};
HelperPolicy const of_a_root_hub;
HelperPolicy const of_a_hub{.hub = privileged::HubIdentity{999, 999}};

Result<> check(HelperPolicy const& policy, Account const& account, std::uint32_t own_uid = root,
               RecentLogin login = RecentLogin::no)
{
    return check_account(policy, {}, account.name, account, own_uid, login);
}

// S-SPAWN-06
TEST(HelperPolicy, root_starts_servers_for_everybody_but_root)
{
    EXPECT_TRUE(check(of_a_root_hub, ada));
    EXPECT_FALSE(check(of_a_root_hub, toor));
    EXPECT_TRUE(check({.admission = {.allow_root_user = true}}, toor));
}

TEST(HelperPolicy, an_ordinary_user_starts_servers_for_itself_only)
{
    EXPECT_TRUE(check({}, ada, 1000));
    EXPECT_FALSE(check({}, ada, 1001));
    EXPECT_FALSE(check({.admission = {.allow_root_user = true}}, toor, 1001));
    EXPECT_TRUE(check({}, ada, 1001).error().message.contains("does not run as root"));
    EXPECT_TRUE(check({}, {.name = "me", .uid = 100, .shell = "/bin/false", .groups = {"sudo"}}, 100))
        << "it could run anything without being asked";
}

TEST(HelperPolicy, its_own_account_is_always_allowed)
{
    EXPECT_TRUE(check_account({}, {}, "", toor, root, RecentLogin::no));
    EXPECT_TRUE(check_account({}, {}, "", ada, 1000, RecentLogin::no));
    EXPECT_TRUE(check_account(of_a_hub, {}, "", {.name = "jupyterhub", .uid = 999}, root, RecentLogin::no));
}

TEST(HelperPolicy, the_word_of_a_hub_is_not_enough_for_a_powerful_person_unless_it_is_root)
{
    Account const adm{.name = "adm", .uid = 1001, .groups = {"users", "sudo"}};
    EXPECT_FALSE(check(of_a_hub, adm));
    EXPECT_TRUE(check(of_a_hub, adm, root, RecentLogin::yes));
    EXPECT_TRUE(check(of_a_root_hub, adm));
}

TEST(HelperPolicy, only_the_configured_pam_service_is_asked_for_a_hub)
{
    HelperPolicy policy = of_a_hub;
    EXPECT_TRUE(check_login(policy, {.service = "login"}));
    EXPECT_FALSE(check_login(policy, {.service = "su"})) << "which believes root without a password";
    EXPECT_FALSE(check_login(policy, {.service = "login", .check_account = false}));
    EXPECT_TRUE(check_login(of_a_root_hub, {.service = "su", .check_account = false}));
    EXPECT_TRUE(check_session(policy, {.user = "ada"}));
    EXPECT_FALSE(check_session(policy, {.user = "ada", .pam_service = "login"})) << "no sessions are wanted";
    policy.session_service = "login";
    EXPECT_TRUE(check_session(policy, {.user = "ada", .pam_service = "login"}));
    EXPECT_FALSE(check_session(policy, {.user = "ada", .pam_service = "su"}));
}

TEST(HelperPolicy, three_signals_end_processes)
{
    for (int number = -1; number <= 65; ++number)
        EXPECT_EQ(check_signal(number).has_value(), number == 2 || number == 9 || number == 15) << number;
}

// S-SPAWN-07
TEST(HelperPolicy, a_hub_without_root_sets_no_variable_that_makes_programs_load_others)
{
    HelperPolicy policy = of_a_hub;
    policy.variables = {"LD_LIBRARY_PATH"};
    policy.fixed_variables = {{"LD_AUDIT", "/its.so"}};
    auto const sets = [](HelperPolicy const& by, std::string name, std::string value = "x") {
        return check_environment(by, {.user = "ada", .env = {{"PATH", "/bin"}, {std::move(name), std::move(value)}}});
    };
    for (char const* name : {"LD_PRELOAD", "LD_AUDIT", "BASH_ENV", "ENV", "IFS", "GCONV_PATH"}) {
        EXPECT_FALSE(sets(policy, name)) << name;
        EXPECT_TRUE(sets(of_a_root_hub, name)) << "the hub is root itself, or nobody is";
    }
    EXPECT_TRUE(sets(policy, "PYTHONPATH"));
    EXPECT_TRUE(sets(policy, "LDFLAGS"));
    EXPECT_TRUE(sets(policy, "LD_LIBRARY_PATH")) << "root configured it";
    EXPECT_TRUE(sets(policy, "LD_AUDIT", "/its.so")) << "the hub's own, by env_keep";
    EXPECT_TRUE(sets(policy, "LD_PRELOAD").error().message.contains("LD_PRELOAD"));
}

TEST(HelperPolicy, people_run_the_programs_that_root_lists_and_their_interpreters_heed_no_hub)
{
    HelperPolicy policy = of_a_hub;
    policy.programs = {"/usr/bin/jupyterhub-singleuser", "/opt/start"};
    policy.fixed_variables = {{"PATH", "/usr/bin:/bin"}};
    auto const places = [&](std::string user, std::vector<std::string> candidates) {
        return allowed_programs(policy, {.user = std::move(user), .argv = {"x"}}, std::move(candidates))
            .value_or(std::vector<std::string>{});
    };
    using List = std::vector<std::string>;
    EXPECT_EQ(places("ada", {"/home/ada/bin/jupyterhub-singleuser", "/usr/bin/jupyterhub-singleuser"}),
              List{"/usr/bin/jupyterhub-singleuser"});
    EXPECT_EQ(places("ada", {"/opt/start"}), List{"/opt/start"});
    for (char const* other : {"/bin/sh", "/opt/../bin/sh", "/opt/start/", "opt/start", "./x", "/opt//start"})
        EXPECT_EQ(places("ada", {other}), List{}) << other;
    EXPECT_EQ(places("", {"/bin/sh"}), List{"/bin/sh"}) << "the hub's own account could run it anyway";
    auto const sets = [&](std::string name, std::string value) {
        return check_environment(policy, {.user = "ada", .env = {{std::move(name), std::move(value)}}}).has_value();
    };
    EXPECT_TRUE(sets("PATH", "/usr/bin:/bin"));
    EXPECT_FALSE(sets("PATH", "/tmp/x:/usr/bin:/bin"));
    for (char const* name : {"PYTHONPATH", "PYTHONSTARTUP", "PERL5LIB", "RUBYOPT", "NODE_OPTIONS", "JUPYTER_CONFIG_DIR",
                             "BASH_FUNC_ls%%", "LD_PRELOAD"})
        EXPECT_FALSE(sets(name, "/tmp/x")) << name;
    EXPECT_TRUE(sets("JUPYTERHUB_API_TOKEN", "x"));
}

TEST(HelperPolicy, a_service_of_roots_configuration_is_that_command_and_no_other)
{
    HelperPolicy policy = of_a_hub;
    policy.services = {{.user = "www-data",
                        .argv = {"/opt/count", "--all"},
                        .directory = "/srv",
                        .environment = {{"PYTHONPATH", "/opt/lib"}}}};
    wire::Prepare const start{.user = "www-data", .argv = {"/opt/count", "--all"}, .working_directory = "/srv"};
    EXPECT_NE(find_service(policy, start), nullptr);
    for (auto const& spoil : std::initializer_list<void (*)(wire::Prepare&)>{
             [](auto& other) { other.user = "postgres"; },
             [](auto& other) { other.argv = {"/opt/count"}; },
             [](auto& other) { other.argv[0] = "/bin/sh"; },
             [](auto& other) { other.argv.emplace_back("--more"); },
             [](auto& other) { other.working_directory = "/tmp"; },
             [](auto& other) { other.create_working_directory = true; },
         }) {
        auto other = start;
        spoil(other);
        EXPECT_EQ(find_service(policy, other), nullptr);
    }
    auto with = start;
    with.env = {{"PYTHONPATH", "/opt/lib"}};
    EXPECT_TRUE(check_environment(policy, with));
    with.env = {{"PYTHONPATH", "/tmp"}};
    EXPECT_FALSE(check_environment(policy, with));
    with.env = {{"PATH", "/tmp"}};
    EXPECT_FALSE(check_environment(policy, with));
}

TEST(HelperPolicy, only_possible_logins_reach_pam)
{
    privileged::wire::Authenticate const good{.service = "login", .user = "ada", .password = "x"};
    EXPECT_EQ(input_problem(good), "");
    for (auto const& spoil : std::initializer_list<void (*)(privileged::wire::Authenticate&)>{
             [](auto& login) { login.service = ""; },
             [](auto& login) { login.service = "../x"; },
             [](auto& login) { login.user = ""; },
             [](auto& login) { login.user = std::string(256, 'a'); },
             [](auto& login) { login.user = std::string("a\0b", 3); },
             [](auto& login) { login.password = std::string(1025, 'x'); },
             [](auto& login) { login.otp = std::string("1\0", 2); },
         }) {
        auto login = good;
        spoil(login);
        EXPECT_NE(input_problem(login), "");
    }
}

TEST(HelperPolicy, a_refusal_comes_at_the_same_time_whatever_it_took_to_find_out)
{
    using namespace std::chrono_literals;
    for (auto const took : {0ms, 40ms, 499ms}) {
        EXPECT_EQ(took + hold_back(0ms, took), 500ms) << "PAM asked for no delay";
        EXPECT_EQ(took + hold_back(2300ms, took), 2300ms);
        EXPECT_EQ(took + hold_back(1h, took), 5s) << "no module holds a person up for ever";
    }
    EXPECT_EQ(hold_back(2s, 3s), 0ms);
}

TEST(HelperPolicy, a_login_result_survives_the_way_from_its_worker)
{
    LoginResult const back =
        unpack(pack({{privileged::PamOutcome::denied, "", "wrong password"}, std::chrono::seconds(2)}));
    EXPECT_EQ(back.answer.outcome, privileged::PamOutcome::denied);
    EXPECT_EQ(back.answer.reason, "wrong password");
    EXPECT_EQ(back.hold_back, std::chrono::seconds(2));
    EXPECT_EQ(unpack("garbage").answer.outcome, privileged::PamOutcome::unavailable);
}

} // namespace
} // namespace jhub::helper

// Who may have a process, and what may reach PAM: decided by the helper, whatever the hub says.
#include <gtest/gtest.h>

#include "helper/pam_login.hpp"
#include "helper/requests.hpp"

namespace jhub::helper {
namespace {

constexpr std::uint32_t root = 0;
privileged::Account const ada{.name = "ada", .uid = 1000};
privileged::Account const toor{.name = "toor", .uid = 0};

// S-SPAWN-06
TEST(HelperPolicy, root_starts_servers_for_everybody_but_root)
{
    EXPECT_TRUE(check_account({}, "ada", ada, root));
    EXPECT_FALSE(check_account({}, "toor", toor, root));
    EXPECT_TRUE(check_account({.allow_root_user = true}, "toor", toor, root));
}

TEST(HelperPolicy, accounts_of_the_system_get_no_servers_by_name)
{
    Policy const policy{.hub = HubIdentity{999, 999}};
    EXPECT_FALSE(check_account(policy, "jupyterhub", {.name = "jupyterhub", .uid = 999}, root));
    EXPECT_TRUE(check_account({}, "jupyterhub", {.name = "jupyterhub", .uid = 999}, root));
    EXPECT_FALSE(check_account(policy, "daemon", {.name = "daemon", .uid = 1}, root));
    EXPECT_FALSE(check_account(policy, "nobody", {.name = "nobody", .uid = 65534}, root));
    EXPECT_TRUE(check_account(policy, "", {.name = "jupyterhub", .uid = 999}, root)) << "the own account";
}

TEST(HelperPolicy, an_ordinary_user_starts_servers_for_itself_only)
{
    EXPECT_TRUE(check_account({}, "ada", ada, 1000));
    EXPECT_FALSE(check_account({}, "ada", ada, 1001));
    EXPECT_FALSE(check_account({.allow_root_user = true}, "toor", toor, 1001));
    EXPECT_TRUE(check_account({}, "ada", ada, 1001).error().message.contains("does not run as root"));
}

TEST(HelperPolicy, its_own_account_is_always_allowed)
{
    EXPECT_TRUE(check_account({}, "", toor, root));
    EXPECT_TRUE(check_account({}, "", ada, 1000));
}

// S-SPAWN-07
TEST(HelperPolicy, a_hub_without_root_sets_no_variable_that_makes_programs_load_others)
{
    Policy const policy{.hub = HubIdentity{999, 999}, .allowed_variables = {"LD_LIBRARY_PATH"}};
    for (char const* name : {"LD_PRELOAD", "LD_AUDIT", "BASH_ENV", "ENV", "IFS", "GCONV_PATH"}) {
        EXPECT_FALSE(check_environment(policy, {{"PATH", "/bin"}, {name, "x"}})) << name;
        EXPECT_TRUE(check_environment({}, {{name, "x"}})) << "the hub is root itself, or nobody is";
    }
    EXPECT_TRUE(check_environment(policy, {{"PATH", "/bin"}, {"PYTHONPATH", "x"}, {"LDFLAGS", "x"}}));
    EXPECT_TRUE(check_environment(policy, {{"LD_LIBRARY_PATH", "x"}})) << "root configured it";
    EXPECT_TRUE(check_environment(policy, {{"LD_PRELOAD", "x"}}).error().message.contains("LD_PRELOAD"));
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

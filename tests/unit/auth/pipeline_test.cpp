// The whole way from credentials to a welcome, and what the log tells the operator: reference auth-flow.md §9.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "auth/auth_support.hpp"
#include "auth/pam_authenticator.hpp"
#include "auth/pipeline.hpp"
#include "auth/simple_authenticators.hpp"

namespace jhub::auth {
namespace {

using testing::HasSubstr;
using testing::Not;
using Verdict = LoginOutcome::Verdict;

class Login : public testing::Test {
  protected:
    Login()
    {
        machine.accounts["ada"] = {"secret", {"staff"}};
        machine.accounts["eve"] = {"secret", {}};
    }

    LoginOutcome log_in(std::string name, std::string password = "secret")
    {
        PamAuthenticator authenticator(machine, {});
        return run(login(authenticator, rules, credentials(std::move(name), std::move(password))));
    }

    ScriptedAccounts machine;
    LoginRules rules;
};

TEST_F(Login, refuses_everybody_without_configuration_and_says_what_to_write)
{
    LoginOutcome const outcome = log_in("ada");
    EXPECT_EQ(outcome.verdict, Verdict::refused);
    EXPECT_EQ(outcome.page_message, invalid_login_message);
    EXPECT_THAT(outcome.log_message,
                HasSubstr("ada authenticated, but is not allowed: add ada to c.Authenticator.allowed_users or set "
                          "c.Authenticator.allow_all = True"));
}

TEST_F(Login, can_be_open_without_configuration)
{
    rules.when_unconfigured = WhenUnconfigured::everyone;
    EXPECT_TRUE(log_in("ada").welcome());
    EXPECT_FALSE(log_in("ada", "wrong").welcome());
    rules.allowed_users = {"eve"};
    EXPECT_FALSE(log_in("ada").welcome());
}

TEST_F(Login, shows_the_same_page_for_every_refusal)
{
    rules.allowed_users = {"eve"};
    rules.blocked_users = {"eve"};
    LoginOutcome const wrong = log_in("ada", "wrong"), unknown = log_in("nobody-here"), unlisted = log_in("ada"),
                       blocked = log_in("eve");
    for (LoginOutcome const& outcome : {wrong, unknown, unlisted, blocked}) {
        EXPECT_EQ(outcome.verdict, Verdict::refused);
        EXPECT_EQ(outcome.page_message, wrong.page_message);
        EXPECT_TRUE(outcome.counts_as_failed);
        EXPECT_FALSE(outcome.model);
    }
    EXPECT_THAT(blocked.log_message, HasSubstr("c.Authenticator.blocked_users"));
    EXPECT_THAT(wrong.log_message, HasSubstr("192.0.2.7"));
    EXPECT_THAT(wrong.log_message, HasSubstr("Authentication failure"));
}

TEST_F(Login, lets_in_by_list_by_group_and_by_everybody)
{
    rules.allowed_users = {"ada"};
    EXPECT_TRUE(log_in("ada").welcome());
    rules.allowed_users.clear();
    rules.allowed_groups = {"staff"};
    EXPECT_TRUE(log_in("ada").welcome());
    EXPECT_FALSE(log_in("eve").welcome());
    rules.allow_all = true;
    EXPECT_TRUE(log_in("eve").welcome());
    rules.blocked_users = {"eve"};
    EXPECT_FALSE(log_in("eve").welcome()) << "blocked wins over everything";
}

TEST_F(Login, keeps_the_normalised_and_mapped_name)
{
    rules.allow_all = true;
    machine.aliases["ADA"] = "ada";
    rules.username_map = {{"ada", "Countess"}};
    LoginOutcome const outcome = log_in("ADA");
    ASSERT_TRUE(outcome.welcome());
    EXPECT_EQ(outcome.model->name, "Countess");
}

TEST_F(Login, checks_the_name_after_mapping_it)
{
    rules.allow_all = true;
    rules.username_map = {{"ada", "a/b"}};
    EXPECT_FALSE(log_in("ada").welcome());
    rules.username_map.clear();
    rules.username_pattern = UsernamePattern::compile("e").value();
    LoginOutcome const outcome = log_in("ada");
    EXPECT_FALSE(outcome.welcome());
    EXPECT_THAT(outcome.log_message, HasSubstr("username_pattern"));
    EXPECT_TRUE(log_in("eve").welcome());
}

TEST_F(Login, makes_administrators_but_leaves_others_as_they_are)
{
    rules.allow_all = true;
    rules.admin_users = {"ada"};
    EXPECT_EQ(log_in("ada").model->admin, true);
    EXPECT_EQ(log_in("eve").model->admin, std::nullopt);
}

TEST_F(Login, admin_groups_decide_both_ways)
{
    rules.allow_all = true;
    rules.admin_groups = {"staff"};
    EXPECT_EQ(log_in("ada").model->admin, true);
    EXPECT_EQ(log_in("eve").model->admin, false);
    rules.admin_users = {"eve"};
    EXPECT_EQ(log_in("eve").model->admin, true);
}

TEST_F(Login, an_authenticator_that_knows_about_administrators_is_believed)
{
    rules.allow_all = true;
    rules.admin_users = {"ada"};
    DummyAuthenticator authenticator;
    AuthModel model;
    model.name = "ada";
    model.admin = false;
    EXPECT_EQ(run(admit(authenticator, rules, model)).model->admin, false);
}

TEST_F(Login, pam_that_does_not_answer_is_no_wrong_password)
{
    machine.forced = privileged::PamOutcome::unavailable;
    LoginOutcome const outcome = log_in("ada");
    EXPECT_EQ(outcome.verdict, Verdict::unavailable);
    EXPECT_EQ(outcome.page_message, unavailable_message);
    EXPECT_FALSE(outcome.counts_as_failed);
}

TEST_F(Login, a_directory_that_pam_cannot_reach_is_no_wrong_password_but_guesses_are_counted)
{
    machine.forced = privileged::PamOutcome::unreachable;
    LoginOutcome const outcome = log_in("ada");
    EXPECT_EQ(outcome.verdict, Verdict::unavailable);
    EXPECT_EQ(outcome.page_message, unavailable_message);
    EXPECT_TRUE(outcome.counts_as_failed);
}

TEST_F(Login, groups_that_cannot_be_looked_up_are_an_error_and_no_refusal)
{
    rules.allowed_groups = {"staff"};
    machine.look_up_error = Error{Errc::timeout, "the directory does not answer", ""};
    LoginOutcome const outcome = log_in("ada");
    EXPECT_EQ(outcome.verdict, Verdict::failed);
    EXPECT_THAT(outcome.log_message, HasSubstr("the directory does not answer"));
}

TEST_F(Login, no_password_and_no_raw_control_character_reaches_the_log)
{
    LoginOutcome const outcome = log_in("ada\n[I] root logged in", "hunter2-hunter2");
    EXPECT_THAT(outcome.log_message, Not(HasSubstr("hunter2")));
    EXPECT_THAT(outcome.log_message, Not(HasSubstr("\n")));
}

} // namespace
} // namespace jhub::auth

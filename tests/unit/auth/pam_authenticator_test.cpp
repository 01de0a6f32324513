// PAM logins and local accounts, on a scripted machine: reference auth-flow.md §9, config.md §4.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "auth/auth_support.hpp"
#include "auth/pam_authenticator.hpp"

namespace jhub::auth {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class Pam : public testing::Test {
  protected:
    Pam() { machine.accounts["ada"] = {"secret", {"ada", "staff"}}; }
    Authentication log_in(std::string name, std::string password)
    {
        PamAuthenticator authenticator(machine, options);
        return run(authenticator.authenticate(credentials(std::move(name), std::move(password))));
    }
    ScriptedAccounts machine;
    PamOptions options;
};

TEST_F(Pam, asks_the_configured_service)
{
    options.service = "jupyterhub";
    options.check_account = false;
    EXPECT_EQ(log_in("ada", "secret")->name, "ada");
    ASSERT_THAT(machine.asked, SizeIs(1));
    EXPECT_EQ(machine.asked[0].service, "jupyterhub");
    EXPECT_FALSE(machine.asked[0].check_account);
}

TEST_F(Pam, tells_a_wrong_password_from_a_pam_that_does_not_answer)
{
    EXPECT_EQ(log_in("ada", "wrong").error().kind, Refusal::Kind::denied);
    machine.forced = privileged::PamOutcome::unavailable;
    EXPECT_EQ(log_in("ada", "secret").error().kind, Refusal::Kind::unavailable);
}

TEST_F(Pam, takes_the_name_that_pam_ended_up_with)
{
    machine.aliases["ADA@EXAMPLE"] = "ada";
    EXPECT_EQ(log_in("ADA@EXAMPLE", "secret")->name, "ada");
}

TEST_F(Pam, never_sees_what_could_confuse_it)
{
    EXPECT_FALSE(log_in("", "secret"));
    EXPECT_FALSE(log_in(std::string("ada\0root", 8), "secret"));
    EXPECT_FALSE(log_in("ada", std::string("secret\0x", 8)));
    EXPECT_FALSE(log_in(std::string(256, 'a'), "secret"));
    EXPECT_FALSE(log_in("ada", std::string(1025, 'a')));
    EXPECT_THAT(machine.asked, IsEmpty());
}

TEST_F(Pam, normalises_by_account_when_told_to)
{
    machine.aliases["Ada"] = "ada";
    machine.accounts["Bob"] = {"x", {}};
    EXPECT_EQ(run(PamAuthenticator(machine, options).normalize("BOB")).value(), "bob");
    options.normalize_by_uid = true;
    EXPECT_EQ(run(PamAuthenticator(machine, options).normalize("Ada")).value(), "ada");
    EXPECT_EQ(run(PamAuthenticator(machine, options).normalize("Bob")).value(), "Bob");
    EXPECT_FALSE(run(PamAuthenticator(machine, options).normalize("nobody-here")));
}

TEST_F(Pam, knows_groups_and_fails_when_it_cannot)
{
    PamAuthenticator authenticator(machine, options);
    EXPECT_TRUE(run(authenticator.in_any_group("ada", {"wheel", "staff"})).value());
    EXPECT_FALSE(run(authenticator.in_any_group("ada", {"wheel"})).value());
    EXPECT_FALSE(run(authenticator.in_any_group("nobody-here", {"wheel"})).value());
    machine.look_up_error = Error{Errc::timeout, "the directory does not answer", ""};
    EXPECT_FALSE(run(authenticator.in_any_group("ada", {"staff"})).has_value());
}

TEST_F(Pam, a_user_needs_an_account)
{
    PamAuthenticator authenticator(machine, options);
    EXPECT_TRUE(run(authenticator.add_user("ada")));
    auto const added = run(authenticator.add_user("bob"));
    ASSERT_FALSE(added);
    EXPECT_THAT(added.error().message, HasSubstr("create_system_users"));
    EXPECT_THAT(machine.made, IsEmpty());
}

TEST_F(Pam, makes_accounts_when_told_to)
{
    options.local.create_system_users = true;
    PamAuthenticator authenticator(machine, options);
    EXPECT_TRUE(run(authenticator.add_user("bob")));
    EXPECT_THAT(machine.made, ElementsAre("bob"));

    machine.make_result = fail(Errc::failed, "adduser ended with exit status 1");
    EXPECT_THAT(run(authenticator.add_user("eve")).error().message, HasSubstr("exit status 1"));
    machine.make_result = fail(Errc::conflict, "There is a system account eve already.");
    EXPECT_TRUE(run(authenticator.add_user("eve"))) << "two logins at once";
}

} // namespace
} // namespace jhub::auth

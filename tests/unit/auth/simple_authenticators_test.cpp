// Dummy, shared password and null: reference config.md §4.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "auth/auth_support.hpp"
#include "auth/simple_authenticators.hpp"

namespace jhub::auth {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(DummyAuthenticator, takes_any_password_or_the_one_configured)
{
    DummyAuthenticator anything;
    EXPECT_TRUE(run(anything.authenticate(credentials("ada", ""))));
    DummyAuthenticator one("sesame");
    EXPECT_TRUE(run(one.authenticate(credentials("ada", "sesame"))));
    EXPECT_FALSE(run(one.authenticate(credentials("ada", "Sesame"))));
    EXPECT_FALSE(anything.startup_warning().empty());
}

TEST(DummyAuthenticator, lets_everybody_in_unless_there_is_a_list)
{
    LoginRules rules;
    EXPECT_EQ(DummyAuthenticator().default_allow_all(rules), true);
    rules.allowed_users = {"ada"};
    EXPECT_EQ(DummyAuthenticator().default_allow_all(rules), false);
}

SharedPasswordOptions options()
{
    SharedPasswordOptions given;
    given.user_password = "workshop";
    given.admin_password = std::string(32, 'x');
    given.admin_users = {"root"};
    return given;
}

TEST(SharedPassword, serves_users_and_administrators_with_their_own_passwords)
{
    auto const authenticator = SharedPasswordAuthenticator::create(options()).value();
    auto const ada = run(authenticator->authenticate(credentials("ada", "workshop")));
    ASSERT_TRUE(ada);
    EXPECT_EQ(ada->admin, false);
    EXPECT_THAT(ada->groups.value(), IsEmpty());
    EXPECT_FALSE(run(authenticator->authenticate(credentials("ada", "wrong"))));
    EXPECT_FALSE(run(authenticator->authenticate(credentials("ada", ""))));
    EXPECT_FALSE(run(authenticator->authenticate(credentials("ada", std::string(32, 'x')))));

    auto const root = run(authenticator->authenticate(credentials("Root", std::string(32, 'x'))));
    ASSERT_TRUE(root);
    EXPECT_EQ(root->admin, true);
    EXPECT_FALSE(run(authenticator->authenticate(credentials("ROOT", "workshop"))));
}

TEST(SharedPassword, without_passwords_lets_nobody_in_not_even_with_an_empty_one)
{
    auto const authenticator = SharedPasswordAuthenticator::create({}).value();
    EXPECT_FALSE(run(authenticator->authenticate(credentials("ada", ""))));
    EXPECT_THAT(authenticator->startup_warning(), HasSubstr("user_password"));
}

TEST(SharedPassword, a_password_may_stand_for_groups)
{
    SharedPasswordOptions given;
    given.password_groups = {{"class-a-pass", {"class-a", "all"}}};
    EXPECT_FALSE(SharedPasswordAuthenticator::create(given)) << "needs manage_groups";
    given.manage_groups = true;
    auto const authenticator = SharedPasswordAuthenticator::create(given).value();
    EXPECT_THAT(run(authenticator->authenticate(credentials("ada", "class-a-pass")))->groups.value(),
                ElementsAre("class-a", "all"));
}

TEST(SharedPassword, refuses_passwords_that_are_too_short_or_the_same)
{
    SharedPasswordOptions given = options();
    given.user_password = "1234567";
    EXPECT_THAT(SharedPasswordAuthenticator::create(given).error().message, HasSubstr("at least 8"));
    given = options();
    given.admin_password = std::string(31, 'x');
    EXPECT_THAT(SharedPasswordAuthenticator::create(given).error().message, HasSubstr("at least 32"));
    given = options();
    given.user_password = given.admin_password;
    EXPECT_THAT(SharedPasswordAuthenticator::create(given).error().message, HasSubstr("differ"));
}

TEST(NullAuthenticator, lets_nobody_in_and_shows_no_form)
{
    NullAuthenticator authenticator;
    EXPECT_FALSE(run(authenticator.authenticate(credentials("ada", "x"))));
    EXPECT_FALSE(authenticator.has_login_form());
}

} // namespace
} // namespace jhub::auth

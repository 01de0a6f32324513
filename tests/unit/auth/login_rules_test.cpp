// Who may log in as configured: reference auth-flow.md §9.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "auth/login_rules.hpp"

namespace jhub::auth {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

TEST(LoginRules, names_are_normalised_and_mapped)
{
    LoginRules rules;
    rules.username_map = {{"al", "Alan"}};
    rules.allowed_users = {"Ada", "AL"};
    ASSERT_TRUE(prepare(rules));
    EXPECT_THAT(rules.allowed_users, ElementsAre("Alan", "ada"));
}

TEST(LoginRules, names_that_can_never_log_in_are_fatal)
{
    LoginRules rules;
    rules.username_pattern = UsernamePattern::compile("[a-z]+$").value();
    rules.admin_users = {"ada1"};
    auto const prepared = prepare(rules);
    ASSERT_FALSE(prepared);
    EXPECT_THAT(prepared.error().message, HasSubstr("admin_users"));
}

TEST(LoginRules, administrators_join_a_list_but_do_not_begin_one)
{
    LoginRules with_list;
    with_list.allowed_users = {"ada"};
    with_list.admin_users = {"root"};
    ASSERT_TRUE(prepare(with_list));
    EXPECT_THAT(with_list.allowed_users, ElementsAre("ada", "root"));

    LoginRules without;
    without.admin_users = {"root"};
    ASSERT_TRUE(prepare(without));
    EXPECT_THAT(without.allowed_users, IsEmpty());
    EXPECT_TRUE(nobody_can_log_in(without, {}));
}

TEST(LoginRules, single_letters_look_like_a_slip)
{
    LoginRules rules;
    rules.allowed_users = {"a", "d"};
    EXPECT_THAT(*prepare(rules), SizeIs(1));
}

TEST(LoginRules, existing_users_are_allowed_when_there_is_a_list)
{
    LoginRules rules;
    rules.allowed_users = {"ada"};
    ASSERT_TRUE(prepare(rules));
    admit_existing_user(rules, "bob", {});
    EXPECT_THAT(rules.allowed_users, Contains("bob"));

    LoginRules closed;
    ASSERT_TRUE(prepare(closed));
    admit_existing_user(closed, "bob", {});
    EXPECT_THAT(closed.allowed_users, IsEmpty());

    LoginRules open;
    open.allow_all = true;
    open.allow_existing_users = true;
    ASSERT_TRUE(prepare(open));
    admit_existing_user(open, "bob", {});
    EXPECT_THAT(open.allowed_users, IsEmpty()) << "nothing to add when everybody may enter";
}

TEST(LoginRules, blocked_names_are_blocked_in_any_case)
{
    LoginRules rules;
    rules.blocked_users = {"Eve"};
    ASSERT_TRUE(prepare(rules));
    EXPECT_THAT(rules.blocked_users, Contains("eve"));
}

TEST(LoginRules, without_configuration_nobody_or_everybody_may_enter)
{
    LoginRules rules;
    EXPECT_FALSE(allows_everyone(rules, {}));
    EXPECT_THAT(nobody_can_log_in(rules, {}).value_or(""), HasSubstr("c.Authenticator.allow_all = True"));

    rules.when_unconfigured = WhenUnconfigured::everyone;
    EXPECT_TRUE(allows_everyone(rules, {}));
    EXPECT_FALSE(nobody_can_log_in(rules, {}));

    rules.allowed_users = {"ada"};
    EXPECT_FALSE(allows_everyone(rules, {})) << "a list closes the door to others";
    rules.allowed_users.clear();
    rules.allow_all = false;
    EXPECT_FALSE(allows_everyone(rules, {})) << "written down is written down";
    EXPECT_TRUE(nobody_can_log_in(rules, {}));
}

TEST(LoginRules, what_is_configured_wins_over_the_authenticators_default)
{
    LoginRules rules;
    EXPECT_TRUE(allows_everyone(rules, true));
    rules.allow_all = false;
    EXPECT_FALSE(allows_everyone(rules, true));
}

} // namespace
} // namespace jhub::auth

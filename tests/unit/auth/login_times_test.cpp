#include "auth/login_times.hpp"

#include <set>

#include <gtest/gtest.h>

#include "auth/signed_value.hpp"

namespace jhub::auth {
namespace {

using namespace std::chrono_literals;

constexpr Timestamp start{std::chrono::seconds(1'700'000'000)};

TEST(LoginTimes, the_first_login_of_a_second_has_that_second)
{
    LoginTimes times;
    EXPECT_EQ(times.take(1, start + 300ms), start);
    EXPECT_EQ(times.take(2, start + 400ms), start) << "of somebody else";
    EXPECT_EQ(times.take(1, start + 1s), start + 1s);
}

TEST(LoginTimes, logins_within_a_second_have_seconds_of_their_own)
{
    LoginTimes times;
    std::set<Timestamp> taken;
    for (int i = 0; i < 50; ++i)
        EXPECT_TRUE(taken.insert(times.take(1, start + i * 10ms)).second);
    EXPECT_TRUE(taken.insert(times.take(1, start + 3s)).second) << "also those that were given ahead stay taken";
    EXPECT_EQ(*taken.begin(), start);
}

TEST(LoginTimes, a_flood_of_logins_stays_within_what_clocks_may_differ)
{
    LoginTimes times;
    Timestamp last = start;
    for (int i = 0; i < 5'000; ++i)
        last = times.take(1, start);
    EXPECT_EQ(last, start + allowed_skew / 2);
}

TEST(LoginTimes, who_logged_in_before_is_forgotten)
{
    LoginTimes times;
    for (int user = 0; user < 1'000; ++user)
        (void)times.take(user, start);
    (void)times.take(1, start + 1s);
    EXPECT_EQ(times.remembered(), 1U);
}

} // namespace
} // namespace jhub::auth

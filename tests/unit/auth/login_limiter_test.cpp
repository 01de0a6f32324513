// The brake on guessing passwords, on a clock moved by hand.
#include <gtest/gtest.h>

#include "auth/login_limiter.hpp"

namespace jhub::auth {
namespace {

using namespace std::chrono_literals;

class Limiter : public testing::Test {
  protected:
    LoginLimiter limiter{{.per_address_burst = 5,
                          .per_address_minute = 6,
                          .per_account_burst = 3,
                          .per_account_minute = 6,
                          .remembered = 100}};
    LoginLimiter::Time now{};
    void fail_times(int count, std::string_view address, std::string_view account)
    {
        for (int i = 0; i < count; ++i)
            limiter.failed(address, account, now);
    }
    [[nodiscard]] bool blocked(std::string_view address, std::string_view account) const
    {
        return limiter.must_wait(address, account, now).has_value();
    }
};

TEST_F(Limiter, knows_nothing_of_people_who_did_not_fail) { EXPECT_FALSE(blocked("192.0.2.1", "ada")); }

TEST_F(Limiter, counts_one_account_for_all_new_addresses_together)
{
    for (auto const* address : {"192.0.2.1", "192.0.2.2", "192.0.2.3"}) {
        EXPECT_FALSE(blocked(address, "ada"));
        fail_times(1, address, "ada");
    }
    for (auto const* address : {"192.0.2.1", "192.0.2.2", "192.0.2.3", "198.51.100.1", "2001:db8::1"})
        EXPECT_TRUE(blocked(address, "ada")) << address;
    EXPECT_FALSE(blocked("192.0.2.1", "bob"));
}

TEST_F(Limiter, does_not_lock_anybody_out_where_they_are_known)
{
    limiter.succeeded("192.0.2.9", "ada");
    for (int i = 0; i < 100; ++i)
        limiter.failed("198.51.100." + std::to_string(i), "ada", now);
    EXPECT_TRUE(blocked("192.0.2.8", "ada"));
    EXPECT_FALSE(blocked("192.0.2.9", "ada"));
    fail_times(2, "192.0.2.9", "ada");
    EXPECT_FALSE(blocked("192.0.2.9", "ada")) << "she may mistype";
    fail_times(1, "192.0.2.9", "ada");
    EXPECT_TRUE(blocked("192.0.2.9", "ada")) << "others may sit there";
    EXPECT_FALSE(blocked("192.0.2.9", "bob"));
    now += 10s;
    EXPECT_FALSE(blocked("192.0.2.9", "ada"));
}

TEST_F(Limiter, does_not_mix_what_known_and_new_addresses_have_left)
{
    limiter.succeeded("192.0.2.9", "ada");
    fail_times(3, "192.0.2.9", "ada");
    EXPECT_FALSE(blocked("192.0.2.1", "ada"));
    fail_times(3, "192.0.2.1", "ada");
    limiter.succeeded("192.0.2.9", "ada");
    EXPECT_FALSE(blocked("192.0.2.9", "ada"));
    EXPECT_TRUE(blocked("192.0.2.1", "ada")) << "her login elsewhere gives strangers no new tries";
}

TEST_F(Limiter, counts_tries_that_are_under_way)
{
    {
        LoginLimiter::UnderWay const one(limiter, "192.0.2.1", "ada"), two(limiter, "192.0.2.2", "ada");
        EXPECT_FALSE(blocked("192.0.2.3", "ada"));
        LoginLimiter::UnderWay const three(limiter, "192.0.2.3", "ada");
        EXPECT_TRUE(blocked("192.0.2.4", "ada"));
        EXPECT_FALSE(blocked("192.0.2.4", "bob"));
    }
    EXPECT_FALSE(blocked("192.0.2.4", "ada")) << "none of them failed";
}

TEST_F(Limiter, can_leave_new_addresses_their_own_count)
{
    LoginLimiter apart{{.per_account_burst = 3, .new_addresses = NewAddresses::apart}};
    for (int i = 0; i < 3; ++i)
        apart.failed("192.0.2.1", "a client", now);
    EXPECT_TRUE(apart.must_wait("192.0.2.1", "a client", now));
    EXPECT_FALSE(apart.must_wait("192.0.2.2", "a client", now));
}

TEST_F(Limiter, slows_down_one_address_for_all_accounts)
{
    for (auto const* name : {"a", "b", "c", "d", "e"})
        fail_times(1, "192.0.2.1", name);
    EXPECT_TRUE(blocked("192.0.2.1", "f"));
    EXPECT_FALSE(blocked("192.0.2.2", "f"));
}

TEST_F(Limiter, says_how_long_to_wait_and_means_it)
{
    fail_times(3, "192.0.2.1", "ada");
    ASSERT_EQ(limiter.must_wait("192.0.2.1", "ada", now), 10s);
    now += 9s;
    EXPECT_TRUE(blocked("192.0.2.1", "ada"));
    now += 1s;
    EXPECT_FALSE(blocked("192.0.2.1", "ada"));
    fail_times(1, "192.0.2.1", "ada");
    EXPECT_TRUE(blocked("192.0.2.1", "ada")) << "one more try at a time, not a new burst";
}

TEST_F(Limiter, a_good_login_does_not_clear_the_address)
{
    fail_times(5, "192.0.2.1", "ada");
    limiter.succeeded("192.0.2.1", "ada");
    EXPECT_TRUE(blocked("192.0.2.1", "ada"));
    EXPECT_TRUE(blocked("192.0.2.1", "bob"));
}

TEST_F(Limiter, treats_an_ipv6_network_as_one_address_and_mapped_ipv4_as_ipv4)
{
    for (auto const* address : {"2001:db8::1", "2001:db8:0:0:1::2", "2001:db8::ffff:3", "2001:db8::4", "2001:db8::5"})
        limiter.failed(address, address, now);
    EXPECT_TRUE(blocked("2001:db8::6", "x"));
    EXPECT_FALSE(blocked("2001:db8:0:1::6", "x"));

    fail_times(5, "::ffff:192.0.2.9", "y");
    EXPECT_TRUE(blocked("192.0.2.9", "x"));
    EXPECT_FALSE(blocked("::ffff:192.0.2.8", "x"));
}

TEST_F(Limiter, forgets_the_oldest_when_too_many_fail)
{
    for (int i = 0; i < 1000; ++i)
        limiter.failed("host" + std::to_string(i), std::string(300, 'n') + std::to_string(i), now);
    EXPECT_EQ(limiter.remembered(), 200u);
    for (int i = 0; i < 1000; ++i)
        limiter.succeeded("host" + std::to_string(i), "ada");
    EXPECT_EQ(limiter.remembered(), 300u);
    fail_times(3, "192.0.2.1", "ada");
    EXPECT_EQ(limiter.remembered(), 300u);
    EXPECT_TRUE(blocked("192.0.2.1", "ada"));
}

} // namespace
} // namespace jhub::auth

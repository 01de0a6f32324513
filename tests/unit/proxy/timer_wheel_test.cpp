#include "proxy/timer_wheel.hpp"

#include <gtest/gtest.h>

namespace jhub::proxy {
namespace {

struct Alarm final : TimerWheel::Entry {
    void on_deadline() override { ++rings; }
    int rings = 0;
};

TEST(TimerWheel, rings_once_at_the_deadline_and_not_before)
{
    TimerWheel wheel(1'000);
    Alarm alarm;
    wheel.set(alarm, 1'500);
    wheel.advance(1'499);
    EXPECT_EQ(alarm.rings, 0);
    wheel.advance(1'500 + TimerWheel::tick_ms);
    EXPECT_EQ(alarm.rings, 1);
    wheel.advance(10'000'000);
    EXPECT_EQ(alarm.rings, 1);
    EXPECT_EQ(wheel.wait_ms(0), -1) << "nothing left to wait for";
}

TEST(TimerWheel, a_deadline_can_move_both_ways)
{
    TimerWheel wheel(0);
    Alarm later;
    Alarm sooner;
    wheel.set(later, 200);
    wheel.set(later, 900);
    wheel.set(sooner, 900);
    wheel.set(sooner, 200);
    wheel.advance(400);
    EXPECT_EQ(later.rings, 0);
    EXPECT_EQ(sooner.rings, 1);
    wheel.advance(1'000);
    EXPECT_EQ(later.rings, 1);
}

TEST(TimerWheel, deadlines_beyond_one_turn_are_kept)
{
    TimerWheel wheel(0);
    Alarm alarm;
    wheel.set(alarm, 1'000'000);
    for (std::int64_t now = 0; now < 999'999; now += 7'000)
        wheel.advance(now);
    EXPECT_EQ(alarm.rings, 0);
    wheel.advance(1'000'100);
    EXPECT_EQ(alarm.rings, 1);
}

TEST(TimerWheel, a_cleared_or_destroyed_entry_never_rings)
{
    TimerWheel wheel(0);
    Alarm cleared;
    wheel.set(cleared, 100);
    {
        Alarm destroyed;
        wheel.set(destroyed, 100);
    }
    wheel.clear(cleared);
    wheel.advance(1'000);
    EXPECT_EQ(cleared.rings, 0);
}

} // namespace
} // namespace jhub::proxy

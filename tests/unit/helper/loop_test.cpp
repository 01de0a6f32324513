#include "helper/loop.hpp"

#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include <vector>

namespace jhub::helper {
namespace {

using namespace std::chrono_literals;

void ring(int fd)
{
    std::uint64_t const one = 1;
    ASSERT_EQ(write(fd, &one, sizeof one), static_cast<ssize_t>(sizeof one));
}

TEST(Loop, timers_run_in_their_order_and_cancelled_ones_do_not)
{
    Loop loop;
    auto const now = Loop::Clock::now();
    std::vector<int> order;
    loop.at(now + 20ms, [&] { order.push_back(2), loop.stop(); });
    loop.at(now + 10ms, [&] { order.push_back(1); });
    loop.cancel(loop.at(now + 15ms, [&] { order.push_back(9); }));
    loop.cancel(0);
    loop.run();
    EXPECT_EQ(order, (std::vector{1, 2}));
}

TEST(Loop, an_event_for_a_forgotten_descriptor_never_reaches_its_successor)
{
    Loop loop;
    Descriptor first(eventfd(0, EFD_CLOEXEC));
    Descriptor second(eventfd(0, EFD_CLOEXEC));
    int wrong = 0;
    // Both are ready in the same round; whichever runs first replaces the other by a new one of the same number.
    auto const replace = [&](Descriptor& mine, Descriptor& other) {
        int const number = other.get();
        loop.forget(mine.get());
        loop.forget(number);
        other.reset();
        other = Descriptor(eventfd(0, EFD_CLOEXEC));
        ASSERT_EQ(other.get(), number);
        loop.watch(number, EPOLLIN, [&] { ++wrong; });
    };
    loop.watch(first.get(), EPOLLIN, [&] { replace(first, second); });
    loop.watch(second.get(), EPOLLIN, [&] { replace(second, first); });
    ring(first.get());
    ring(second.get());
    loop.at(Loop::Clock::now() + 30ms, [&] { loop.stop(); });
    loop.run();
    EXPECT_EQ(wrong, 0);
}

} // namespace
} // namespace jhub::helper

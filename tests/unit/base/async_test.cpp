#include "base/async.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

namespace jhub {
namespace {

using namespace std::chrono_literals;

Task<> wait_for(Event& event, std::chrono::milliseconds patience, std::vector<bool>& answers)
{
    bool const answer = co_await event.wait(patience);
    answers.push_back(answer);
}

Task<> set(Event& event)
{
    event.set();
    co_return;
}

TEST(Event, wakes_all_waiters_and_lets_later_ones_pass)
{
    asio::io_context io;
    Event event;
    std::vector<bool> answers;
    asio::co_spawn(io, wait_for(event, 1h, answers), asio::detached);
    asio::co_spawn(io, wait_for(event, 1h, answers), asio::detached);
    asio::co_spawn(io, set(event), asio::detached);
    asio::co_spawn(io, wait_for(event, 1h, answers), asio::detached);
    io.run();
    EXPECT_EQ(answers, (std::vector{true, true, true}));
}

TEST(Event, tells_when_patience_ran_out)
{
    asio::io_context io;
    Event event;
    std::vector<bool> answers;
    asio::co_spawn(io, wait_for(event, 1ms, answers), asio::detached);
    io.run();
    EXPECT_EQ(answers, std::vector{false});
}

TEST(Event, forgets_waiters_whose_coroutine_was_destroyed)
{
    Event event;
    std::vector<bool> answers;
    {
        asio::io_context io;
        asio::co_spawn(io, wait_for(event, 1h, answers), asio::detached);
        io.poll();
    }
    event.set();
    EXPECT_TRUE(answers.empty());
}

Result<int> half(int number)
{
    if (number % 2 != 0)
        return fail(Errc::invalid_argument, "odd");
    return number / 2;
}

Result<int> quarter(int number)
{
    TRY(int const once, half(number));
    CHECK(half(once));
    TRY(int const twice, half(once));
    return twice;
}

TEST(Result, try_passes_errors_on)
{
    EXPECT_EQ(quarter(8), 2);
    EXPECT_EQ(quarter(6).error().message, "odd");
}

} // namespace
} // namespace jhub

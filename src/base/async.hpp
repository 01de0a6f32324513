// Coroutine vocabulary: Async<T> is a coroutine that ends in a Result<T>. Everything that waits takes a deadline.
// Never make a capturing lambda a coroutine; pass parameters by value unless awaited in the same expression.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <vector>

#include "base/result.hpp"

namespace jhub {

namespace asio = boost::asio;

template <typename T = void> using Task = asio::awaitable<T>;

template <typename T = void> using Async = asio::awaitable<Result<T>>;

// Lets the coroutine rest; the thread goes on with others.
inline Task<> sleep_for(std::chrono::steady_clock::duration duration)
{
    asio::steady_timer timer(co_await asio::this_coro::executor, duration);
    boost::system::error_code ignored;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

// A condition that coroutines of one thread wait for. set() wakes everybody; later waits return at once.
// Must outlive its waiters.
class Event {
  public:
    [[nodiscard]] bool is_set() const { return set_; }

    void set()
    {
        set_ = true;
        for (asio::steady_timer* waiter : waiters_)
            waiter->cancel();
    }

    // True when set, false when the patience ran out first.
    Task<bool> wait(std::chrono::steady_clock::duration patience)
    {
        if (set_)
            co_return true;
        asio::steady_timer timer(co_await asio::this_coro::executor, patience);
        Registration const registration(waiters_, timer);
        boost::system::error_code ignored;
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        co_return set_;
    }

  private:
    struct Registration {
        Registration(std::vector<asio::steady_timer*>& list, asio::steady_timer& timer) : waiters(list), mine(&timer)
        {
            waiters.push_back(mine);
        }
        ~Registration() { std::erase(waiters, mine); }
        Registration(Registration const&) = delete;
        Registration& operator=(Registration const&) = delete;
        std::vector<asio::steady_timer*>& waiters;
        asio::steady_timer* mine;
    };

    std::vector<asio::steady_timer*> waiters_;
    bool set_ = false;
};

} // namespace jhub

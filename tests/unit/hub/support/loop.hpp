// The one io_context of a test: whoever waits runs it. Every wait ends after a patience that only a failing test
// reaches.
#pragma once

#include <chrono>
#include <optional>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "base/async.hpp"

namespace jhub::hub {

using namespace std::chrono_literals;

class Loop : public asio::io_context {
  public:
    Loop() : asio::io_context(1) {}

    // Runs until the condition holds; false when the patience ran out first.
    template <typename Condition> bool until(Condition condition, std::chrono::milliseconds patience = 5s)
    {
        auto const end = std::chrono::steady_clock::now() + patience;
        while (!condition()) {
            if (std::chrono::steady_clock::now() > end)
                return false;
            restart();
            run_one_for(20ms);
        }
        return true;
    }

    // The result of a coroutine. What it throws comes out here.
    template <typename T> T run(Task<T> task, std::chrono::milliseconds patience = 10s)
    {
        std::optional<T> result;
        std::exception_ptr problem;
        asio::co_spawn(*this, std::move(task), [&](std::exception_ptr thrown, T value) {
            problem = thrown;
            result.emplace(std::move(value));
        });
        bool const ended = until([&] { return result.has_value(); }, patience);
        if (problem)
            std::rethrow_exception(problem);
        if (!ended)
            throw std::runtime_error("a coroutine of the test did not end");
        return *std::move(result);
    }
    void run(Task<> task, std::chrono::milliseconds patience = 10s) { (void)run(as_value(std::move(task)), patience); }

    // Destroys every coroutine that still waits, while the things they refer to are there.
    void abandon() { shutdown(); }

  private:
    static Task<bool> as_value(Task<> task)
    {
        co_await std::move(task);
        co_return true;
    }
};

} // namespace jhub::hub

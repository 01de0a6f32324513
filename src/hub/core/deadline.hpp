// A deadline at the wait, for operations that have none of their own or a longer one.
#pragma once

#include <exception>
#include <memory>
#include <optional>

#include <boost/asio/co_spawn.hpp>

#include "base/async.hpp"

namespace jhub::hub {

// Runs an operation beside the caller and waits for it at most that long. When the patience runs out the operation is
// not torn down (it may hold a half-started process): it goes on by itself, so it must own everything it uses.
// `interrupt`, when given, ends the wait early with Errc::invalid_state.
template <typename T> class Beside {
  public:
    Beside(asio::any_io_executor executor, Async<T> operation) : outcome_(std::make_shared<Outcome>())
    {
        auto const outcome = outcome_;
        asio::co_spawn(executor, std::move(operation), [outcome](std::exception_ptr problem, Result<T> result) {
            outcome->problem = problem;
            outcome->result.emplace(std::move(result));
            outcome->done.set();
        });
    }

    // True when the operation has ended by then.
    Task<bool> wait(std::chrono::steady_clock::duration patience) { return outcome_->done.wait(patience); }

    // The result; only after wait() was true. Rethrows what the operation threw.
    [[nodiscard]] Result<T> take()
    {
        if (outcome_->problem)
            std::rethrow_exception(outcome_->problem);
        return *std::move(outcome_->result);
    }

    [[nodiscard]] Event& done() { return outcome_->done; }

  private:
    struct Outcome {
        Event done;
        std::exception_ptr problem;
        std::optional<Result<T>> result;
    };
    std::shared_ptr<Outcome> outcome_;
};

} // namespace jhub::hub

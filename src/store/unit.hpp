// A unit of work without its types, so that the store's queue and threads are compiled once: only the thin UnitOf<>
// below is instantiated where store.read() and store.write() are called.
#pragma once

#include <concepts>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/result.hpp"
#include "store/transaction.hpp"

namespace jhub::store {

// Runs on a thread of the store, is read again on the thread that asked.
class Unit {
  public:
    Unit() = default;
    virtual ~Unit() = default;
    Unit(Unit const&) = delete;
    Unit& operator=(Unit const&) = delete;

    virtual void execute(Transaction& transaction) = 0; // may throw; the store turns that into fail()
    virtual void fail(Error error) = 0;
    [[nodiscard]] virtual bool succeeded() const = 0; // false: the store undoes what the unit wrote
};

template <typename T> struct UnitValueOf {
    using type = T;
};
template <typename T> struct UnitValueOf<Result<T>> {
    using type = T;
};

// T for a function that returns T or Result<T>.
template <typename Function>
using UnitValue = typename UnitValueOf<std::invoke_result_t<Function&, Transaction&>>::type;

template <typename Function> class UnitOf final : public Unit {
  public:
    using Value = UnitValue<Function>;

    explicit UnitOf(Function function) : function_(std::move(function)) {}

    void execute(Transaction& transaction) override
    {
        if constexpr (std::is_void_v<std::invoke_result_t<Function&, Transaction&>>) {
            function_(transaction);
            result_.emplace();
        } else {
            result_.emplace(function_(transaction));
        }
    }
    void fail(Error error) override { result_.emplace(std::unexpected(std::move(error))); }
    [[nodiscard]] bool succeeded() const override { return result_.has_value() && result_->has_value(); }

    [[nodiscard]] Result<Value> take() &&
    {
        if (!result_)
            return jhub::fail(Errc::unavailable, "The database is shutting down");
        return *std::move(result_);
    }

  private:
    Function function_;
    std::optional<Result<Value>> result_;
};

} // namespace jhub::store

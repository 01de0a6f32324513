// The hub's memory: JupyterHub's own database (reference database.md), asked and changed in units of work that run on
// the store's threads. Knows no HTTP and no hub; the SQL stands in the query files beside it (users.cpp, tokens.cpp …).
//
//     Result<std::optional<model::User>> user = co_await store.read(find_ada);   // any callable: fn(Transaction&)
//
// Reads run in parallel on their own connections and see one consistent state each. Writes go through one thread, which
// commits everything that waits in one transaction; each unit has its own savepoint, so a failing unit is undone alone.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>

#include <boost/asio/any_io_executor.hpp>

#include "base/async.hpp"
#include "base/result.hpp"
#include "store/transaction.hpp"
#include "store/unit.hpp"

namespace jhub::store {

struct StoreOptions {
    std::string db_url = "sqlite:///jupyterhub.sqlite"; // or a path, or "sqlite:///:memory:"
    bool create = true;                                 // make the file when there is none
    bool reset = false;                                 // JupyterHub.reset_db: drop all tables first
    int readers = 2;
    std::size_t queue_limit = 10'000; // units that may wait; more are refused with Errc::unavailable
};

class Store {
  public:
    enum class Kind { read, write, activity };

    // Opens, checks the revision, makes missing tables, starts the threads. Everything awaited resumes on hub_executor,
    // which must be the executor of the awaiting coroutines. Errors: one sentence for the operator; a database of
    // another revision is left untouched and refused with the words "run jupyterhub upgrade-db" (Errc::invalid_state).
    [[nodiscard]] static Result<std::unique_ptr<Store>> open(boost::asio::any_io_executor hub_executor,
                                                             StoreOptions options);

    // Finishes what is queued, then joins the threads. Must go before hub_executor's io_context does.
    ~Store();
    Store(Store const&) = delete;
    Store& operator=(Store const&) = delete;

    // fn(Transaction&) -> T or Result<T>, run on another thread: it must own what it uses or refer to things that
    // outlive the co_await. Errors: what fn returned, or what it threw: Errc::conflict for a unique violation,
    // Errc::unavailable for a database that does not work or a full queue, Errc::failed for anything else (text only in
    // `detail`).
    template <typename Function> [[nodiscard]] Async<UnitValue<Function>> read(Function function)
    {
        UnitOf<Function> unit(std::move(function));
        co_await run(Kind::read, unit);
        co_return std::move(unit).take();
    }

    // As read(), and durable on disk before it resumes.
    template <typename Function> [[nodiscard]] Async<UnitValue<Function>> write(Function function)
    {
        UnitOf<Function> unit(std::move(function));
        co_await run(Kind::write, unit);
        co_return std::move(unit).take();
    }

    // As write(), for a unit that changes nothing but times of activity: rights_version() stays as it is.
    template <typename Function> [[nodiscard]] Async<UnitValue<Function>> write_activity(Function function)
    {
        UnitOf<Function> unit(std::move(function));
        co_await run(Kind::activity, unit);
        co_return std::move(unit).take();
    }

    // Blocking forms for start-up and command-line tools; never on the logic thread of a serving hub.
    template <typename Function> [[nodiscard]] Result<UnitValue<Function>> read_now(Function function)
    {
        UnitOf<Function> unit(std::move(function));
        run_now(Kind::read, unit);
        return std::move(unit).take();
    }

    template <typename Function> [[nodiscard]] Result<UnitValue<Function>> write_now(Function function)
    {
        UnitOf<Function> unit(std::move(function));
        run_now(Kind::write, unit);
        return std::move(unit).take();
    }

    // How often something was committed so far. Any thread.
    [[nodiscard]] std::uint64_t commits() const;

    // Another number after every change of the data, at once, whichever program made it: what was read after asking
    // stays true for as long as the answer is the same. Nothing while that cannot be told. Never waits for a lock; one
    // thread only, the logic thread.
    [[nodiscard]] std::optional<std::int64_t> data_version();
    // As data_version(), but the same after a change that went through write_activity().
    [[nodiscard]] std::optional<std::int64_t> rights_version();

    // Told after each awaited unit how long that took, the time in the queue included; on the hub's executor. One at
    // most; set before the first unit is awaited.
    using Observer = std::function<void(Kind, std::chrono::steady_clock::duration)>;
    void on_finished(Observer observer);

  private:
    struct Impl;

    explicit Store(std::unique_ptr<Impl> impl);
    Task<> run(Kind kind, Unit& unit);
    void run_now(Kind kind, Unit& unit);

    std::unique_ptr<Impl> impl_;
};

} // namespace jhub::store

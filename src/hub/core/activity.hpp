// Who was active when. Many reports become one write: they are collected for a second. Reports within
// activity_resolution of the last one that was written are ignored (reference rest-api.md §1.2).
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>

#include "base/async.hpp"
#include "base/clock.hpp"
#include "store/store.hpp"

namespace jhub::hub {

class Activity {
  public:
    Activity(asio::any_io_executor executor, store::Store& store, Clock const& clock, std::chrono::seconds resolution);

    // known: the value in the database, so that recent ones cost nothing. True: it is written anew. Logic thread.
    bool saw_user(std::int64_t id, std::optional<Timestamp> known);
    bool saw_token(std::int64_t id, std::optional<Timestamp> known);
    // Reported by a server or the proxy: not subject to the resolution.
    void report_user(std::int64_t id, Timestamp when);
    void report_spawner(std::int64_t id, Timestamp when);

    // Returns when all that was reported before is written. Those who wait while a write is under way share the next.
    Async<> flush();

  private:
    using Times = std::map<std::int64_t, Timestamp>;
    static void merge(Times& times, std::int64_t id, Timestamp when);
    [[nodiscard]] bool recent(std::optional<Timestamp> known) const;
    void schedule();
    static Task<> flush_later(Activity* activity);
    struct Round {
        Event written;
        Result<> outcome;
    };
    static Task<> write_round(Activity* activity);
    Async<> write_collected();

    asio::any_io_executor executor_;
    store::Store& store_;
    Clock const& clock_;
    std::chrono::seconds resolution_;
    Times users_, tokens_, spawners_;
    bool scheduled_ = false;
    bool writing_ = false;
    std::shared_ptr<Round> next_round_; // of those who wait for the end of the write that is under way
};

} // namespace jhub::hub

// What the store's threads do with the units of work; each thread has a connection of its own.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>

#include "store/commit_watch.hpp"
#include "store/session.hpp"
#include "store/work_queue.hpp"

namespace jhub::store {

// How often something was committed.
struct Commits {
    std::atomic<std::uint64_t> all = 0;
    std::atomic<std::uint64_t> of_data = 0; // without those of times of activity alone
};

// Group commit: everything that waits goes into one transaction, each unit in its own savepoint; the units are done
// only when the commit has returned. watch is told of commits before they happen; null for a database in memory.
// Loops until the queue is closed and drained.
void write_loop(Session& session, WorkQueue& queue, Commits& commits, CommitWatch* watch);

// Units that wait share one snapshot, taken after they were queued.
void read_loop(Session& session, WorkQueue& queue);

// An exception of a unit as an Error: its text only in `detail`.
[[nodiscard]] Error to_error(std::exception_ptr const& failure);

} // namespace jhub::store

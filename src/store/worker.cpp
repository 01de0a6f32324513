#include "store/worker.hpp"

#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "base/log.hpp"

namespace jhub::store {
namespace {

constexpr std::size_t units_per_commit = 512;  // bounds how long the first of a group waits for the last
constexpr std::size_t units_per_snapshot = 16; // leaves work for the other readers
constexpr std::chrono::milliseconds look_interval{1000};
constexpr std::int64_t log_pages_limit = 16'384; // 64 MiB of write-ahead log

// Runs fn and returns what went wrong.
template <typename Function> std::optional<Error> attempt(Function fn)
{
    try {
        fn();
        return std::nullopt;
    } catch (...) {
        return to_error(std::current_exception());
    }
}

void run_unit(Unit& unit, Session& session)
{
    Transaction transaction(session);
    if (auto error = attempt([&] { unit.execute(transaction); }))
        unit.fail(*std::move(error));
}

void finish(std::vector<Job>& jobs)
{
    for (Job& job : jobs)
        job.done();
}

void fail_all(std::vector<Job>& jobs, Error const& error)
{
    log::error("The database could not carry out {} units of work: {} ({})", jobs.size(), error.message, error.detail);
    for (Job& job : jobs)
        job.unit->fail(error);
}

void roll_back(Session& session)
{
    if (session.in_transaction())
        if (auto error = attempt([&] { session.execute("ROLLBACK"); }))
            log::error("The database could not be rolled back: {}", error->detail);
}

// Throws when the group as a whole cannot go on; a unit's own failure stays its own.
bool run_group(Session& session, std::vector<Job>& jobs)
{
    bool changed = false;
    session.execute("BEGIN IMMEDIATE");
    for (Job& job : jobs) {
        session.execute("SAVEPOINT unit");
        run_unit(*job.unit, session);
        bool const keep = job.keep_changes && job.unit->succeeded();
        // After a full disk and the like SQLite has undone the whole transaction by itself: this then throws.
        if (!keep)
            session.execute("ROLLBACK TO unit");
        session.execute("RELEASE unit");
        changed = changed || keep;
    }
    session.execute("COMMIT");
    return changed;
}

// Moves the write-ahead log into the database. Readers that overlap without a pause keep SQLite from starting the log
// anew, and it would grow without end: then the writer waits for those that read at this moment.
void limit_log(Session& session)
{
    auto const log_pages = [](Row& row) { return std::pair{row.integer(), row.integer()}.second; };
    auto const pages = session.first("PRAGMA wal_checkpoint(PASSIVE)", {}, log_pages);
    if (pages.value_or(0) > log_pages_limit)
        session.execute("PRAGMA wal_checkpoint(RESTART)");
}

} // namespace

Error to_error(std::exception_ptr const& failure)
{
    try {
        std::rethrow_exception(failure);
    } catch (DatabaseError const& error) {
        return error.error();
    } catch (std::exception const& error) {
        return Error{Errc::failed, "The data could not be read or written", error.what()};
    } catch (...) {
        return Error{Errc::failed, "The data could not be read or written", "an unknown exception"};
    }
}

void write_loop(Session& session, WorkQueue& queue, std::atomic<std::uint64_t>& commits)
{
    auto log_moved = std::chrono::steady_clock::now();
    while (!queue.drained()) {
        std::vector<Job> jobs = queue.take(units_per_commit, look_interval);
        bool changed = false;
        if (!jobs.empty()) {
            if (auto error = attempt([&] { changed = run_group(session, jobs); })) {
                roll_back(session);
                fail_all(jobs, *error);
            }
        }
        if (changed)
            ++commits;
        finish(jobs);
        if (changed && std::chrono::steady_clock::now() - log_moved > look_interval) {
            if (auto error = attempt([&] { limit_log(session); }))
                log::warning("The database's log cannot be shortened: {}", error->detail);
            log_moved = std::chrono::steady_clock::now();
        }
    }
}

void read_loop(Session& session, WorkQueue& queue)
{
    while (!queue.drained()) {
        std::vector<Job> jobs = queue.take(units_per_snapshot, look_interval);
        if (jobs.empty())
            continue;
        if (auto error = attempt([&] { session.execute("BEGIN"); })) {
            fail_all(jobs, *error);
        } else {
            for (Job& job : jobs)
                run_unit(*job.unit, session);
            roll_back(session); // nothing was written; ends the snapshot
        }
        finish(jobs);
    }
}

} // namespace jhub::store

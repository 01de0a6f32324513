#include "store/worker.hpp"

#include <algorithm>
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
constexpr int gathering_part = 4; // of the time of a commit
constexpr std::chrono::microseconds longest_gathering{1000};
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

// What became of a group.
struct Outcome {
    bool changed = false;
    bool only_activity = true;
};

// One unit in its savepoint. Afterwards only_activity says whether nothing else was changed so far.
void run_in_savepoint(Session& session, Job& job, Outcome& outcome)
{
    auto const before = session.changed_rows();
    session.execute("SAVEPOINT unit");
    run_unit(*job.unit, session);
    bool const keep = job.effect != Effect::none && job.unit->succeeded();
    // After a full disk and the like SQLite has undone the whole transaction by itself: this then throws.
    if (!keep)
        session.execute("ROLLBACK TO unit");
    session.execute("RELEASE unit");
    outcome.changed = outcome.changed || keep;
    bool const touched = session.changed_rows() != before; // also what was undone may leave pages to be written
    if (touched && !(keep && job.effect == Effect::activity))
        outcome.only_activity = false;
}

// Throws when the group as a whole cannot go on; a unit's own failure stays its own.
Outcome run_group(Session& session, std::vector<Job>& jobs, CommitWatch* watch)
{
    Outcome outcome;
    session.execute("BEGIN IMMEDIATE");
    auto const before = session.changed_rows();
    for (Job& job : jobs)
        run_in_savepoint(session, job, outcome);
    bool const announce = watch != nullptr && outcome.only_activity && session.changed_rows() != before;
    if (announce)
        watch->announce_activity();
    if (auto error = attempt([&] { session.execute("COMMIT"); })) {
        if (announce)
            watch->withdraw();
        throw DatabaseError(*std::move(error), 0);
    }
    return outcome;
}

// Those who were answered together often come back together. To wait for them for a fraction of the time that a commit
// takes makes one large group of two that would take turns. Who comes alone never waits.
struct Gathering {
    std::size_t last_group = 0;
    std::chrono::steady_clock::duration last_commit{};

    void wait(WorkQueue& queue) const
    {
        if (last_group > 1)
            queue.gather(last_group, std::min(longest_gathering, std::chrono::duration_cast<std::chrono::microseconds>(
                                                                     last_commit / gathering_part)));
    }
};

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

void write_loop(Session& session, WorkQueue& queue, Commits& commits, CommitWatch* watch)
{
    using Clock = std::chrono::steady_clock;
    auto log_moved = Clock::now();
    Gathering gathering;
    while (!queue.drained()) {
        gathering.wait(queue);
        std::vector<Job> jobs = queue.take(units_per_commit, look_interval);
        auto const begun = Clock::now();
        Outcome outcome;
        if (!jobs.empty()) {
            if (auto error = attempt([&] { outcome = run_group(session, jobs, watch); })) {
                roll_back(session);
                fail_all(jobs, *error);
            }
        }
        if (outcome.changed)
            ++commits.all;
        if (outcome.changed && !outcome.only_activity)
            ++commits.of_data;
        finish(jobs);
        gathering = {jobs.size(), Clock::now() - begun};
        if (outcome.changed && Clock::now() - log_moved > look_interval) {
            if (auto error = attempt([&] { limit_log(session); }))
                log::warning("The database's log cannot be shortened: {}", error->detail);
            log_moved = Clock::now();
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

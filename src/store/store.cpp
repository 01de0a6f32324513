#include "store/store.hpp"

#include <filesystem>
#include <semaphore>
#include <thread>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include "base/log.hpp"
#include "base/strings.hpp"
#include "store/commit_watch.hpp"
#include "store/database_url.hpp"
#include "store/schema.hpp"
#include "store/session.hpp"
#include "store/work_queue.hpp"
#include "store/worker.hpp"

namespace jhub::store {

struct Store::Impl {
    Impl(boost::asio::any_io_executor executor, StoreOptions const& options)
        : hub_executor(std::move(executor)), writes(options.queue_limit), reads(options.queue_limit)
    {
    }

    // A database in memory belongs to one connection: there the writer reads, too.
    WorkQueue& queue(Kind kind) { return kind == Kind::read && !readers.empty() ? reads : writes; }

    boost::asio::any_io_executor hub_executor;
    WorkQueue writes;
    WorkQueue reads;
    std::unique_ptr<Session> writer;
    std::vector<std::unique_ptr<Session>> readers;
    std::unique_ptr<CommitWatch> watch; // null for a database in memory
    Commits commits;
    std::shared_ptr<Observer const> observer;
    std::vector<std::jthread> threads;
};

namespace {

Effect effect_of(Store::Kind kind)
{
    switch (kind) {
    case Store::Kind::read:
        return Effect::none;
    case Store::Kind::write:
        return Effect::data;
    case Store::Kind::activity:
        return Effect::activity;
    }
    return Effect::data;
}

Error busy() { return Error{Errc::unavailable, "The database has too much to do; try again later", "queue full"}; }

constexpr int damaged_file = 11; // SQLITE_CORRUPT

std::unexpected<Error> damaged(std::string const& name, std::string const& detail)
{
    return fail(
        Errc::unavailable,
        fmt::format("The database {0} is damaged. Nothing was changed. Keep a copy, then restore a backup, or save "
                    "what can be read: sqlite3 {0} .recover | sqlite3 NEW_FILE",
                    name),
        detail);
}

// A damaged file is left as it is: whatever is written to it could make the damage worse.
Result<> check_health(Session& session, std::string const& name)
{
    auto const found = session.first("PRAGMA quick_check(1)", {}, [](Row& row) { return row.text(); });
    if (found == "ok")
        return {};
    return damaged(name, printable(found.value_or("no answer")));
}

// Opens and checks; nothing is written before the revision is known to be ours.
Result<std::unique_ptr<Session>> open_writer(std::string const& path, StoreOptions const& options)
{
    std::string const name = path == ":memory:" ? path : std::filesystem::absolute(path).string();
    try {
        auto session = std::make_unique<Session>(path);
        if (options.reset)
            drop_schema(*session);
        CHECK(check_revision(*session, name));
        CHECK(check_health(*session, name));
        auto const mode = session->first("PRAGMA journal_mode = WAL", {}, [](Row& row) { return row.text(); });
        if (mode != "wal" && path != ":memory:")
            log::warning("The database {} works without a write-ahead log (mode {}): slower", name, mode.value_or("?"));
        create_schema(*session);
        return session;
    } catch (DatabaseError const& failure) {
        Error error = failure.error();
        if (failure.code() == damaged_file)
            return damaged(name, error.detail);
        error.message += ": " + name;
        return std::unexpected(std::move(error));
    }
}

} // namespace

Result<std::unique_ptr<Store>> Store::open(boost::asio::any_io_executor hub_executor, StoreOptions options)
{
    TRY(std::string const path, sqlite_path(options.db_url));
    bool const in_memory = path == ":memory:";
    if (!in_memory)
        CHECK(prepare_file(path, options.create));

    auto impl = std::make_unique<Impl>(std::move(hub_executor), options);
    TRY(impl->writer, open_writer(path, options));
    try {
        for (int i = 0; i < options.readers && !in_memory; ++i) {
            auto session = std::make_unique<Session>(path);
            session->run_once("PRAGMA query_only = ON");
            impl->readers.push_back(std::move(session));
        }
        if (!in_memory)
            impl->watch = std::make_unique<CommitWatch>(std::make_unique<Session>(path));
    } catch (DatabaseError const& failure) {
        return std::unexpected(failure.error());
    }

    Impl& shared = *impl;
    impl->threads.emplace_back(
        [&shared] { write_loop(*shared.writer, shared.writes, shared.commits, shared.watch.get()); });
    for (auto const& reader : impl->readers)
        impl->threads.emplace_back([&shared, &session = *reader] { read_loop(session, shared.reads); });
    return std::unique_ptr<Store>(new Store(std::move(impl)));
}

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Store::~Store()
{
    impl_->writes.close();
    impl_->reads.close();
    impl_->threads.clear(); // joins
    impl_->watch.reset();
    impl_->readers.clear(); // the writer closes last and folds the write-ahead log into the file
}

// The unit lives in the caller's coroutine, which stays alive because the job owns the handler that resumes it.
Task<> Store::run(Kind kind, Unit& unit)
{
    auto initiate = [this, kind, &unit](auto handler) {
        auto work = boost::asio::make_work_guard(impl_->hub_executor);
        Job job{&unit, effect_of(kind), [handler = std::move(handler), work = std::move(work)]() mutable {
                    boost::asio::post(work.get_executor(), std::move(handler));
                }};
        if (!impl_->queue(kind).push(job)) {
            unit.fail(busy());
            job.done();
        }
    };
    auto const begun = std::chrono::steady_clock::now();
    auto const observer = impl_->observer; // the store itself may be gone when this goes on
    co_await boost::asio::async_initiate<boost::asio::use_awaitable_t<> const, void()>(std::move(initiate),
                                                                                       boost::asio::use_awaitable);
    if (observer)
        (*observer)(kind, std::chrono::steady_clock::now() - begun);
}

void Store::run_now(Kind kind, Unit& unit)
{
    std::binary_semaphore finished(0);
    Job job{&unit, effect_of(kind), [&finished] { finished.release(); }};
    if (impl_->queue(kind).push(job))
        finished.acquire();
    else
        unit.fail(busy());
}

void Store::on_finished(Observer observer) { impl_->observer = std::make_shared<Observer const>(std::move(observer)); }

std::uint64_t Store::commits() const { return impl_->commits.all; }

std::optional<std::int64_t> Store::data_version()
{
    if (!impl_->watch) // nobody else can reach it
        return static_cast<std::int64_t>(impl_->commits.all.load());
    auto const versions = impl_->watch->look();
    return versions ? std::optional(versions->data) : std::nullopt;
}

std::optional<std::int64_t> Store::rights_version()
{
    if (!impl_->watch)
        return static_cast<std::int64_t>(impl_->commits.of_data.load());
    auto const versions = impl_->watch->look();
    return versions ? std::optional(versions->rights) : std::nullopt;
}

} // namespace jhub::store

#include "hub/core/activity.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "base/log.hpp"
#include "store/spawners.hpp"
#include "store/tokens.hpp"
#include "store/users.hpp"

namespace jhub::hub {
namespace {

constexpr std::chrono::seconds collecting_time{1};
constexpr std::chrono::seconds longest_wait{30}; // longer than the store waits for a lock

} // namespace

Activity::Activity(asio::any_io_executor executor, store::Store& store, Clock const& clock,
                   std::chrono::seconds resolution)
    : executor_(std::move(executor)), store_(store), clock_(clock), resolution_(resolution)
{
}

void Activity::merge(Times& times, std::int64_t id, Timestamp when)
{
    auto const [place, inserted] = times.try_emplace(id, when);
    if (!inserted)
        place->second = std::max(place->second, when);
}

bool Activity::recent(std::optional<Timestamp> known) const { return known && clock_.now() - *known < resolution_; }

bool Activity::saw_user(std::int64_t id, std::optional<Timestamp> known)
{
    if (recent(known))
        return false;
    report_user(id, clock_.now());
    return true;
}

bool Activity::saw_token(std::int64_t id, std::optional<Timestamp> known)
{
    if (recent(known))
        return false;
    merge(tokens_, id, clock_.now());
    schedule();
    return true;
}

void Activity::report_user(std::int64_t id, Timestamp when)
{
    merge(users_, id, when);
    schedule();
}

void Activity::report_spawner(std::int64_t id, Timestamp when)
{
    merge(spawners_, id, when);
    schedule();
}

void Activity::schedule()
{
    if (std::exchange(scheduled_, true))
        return;
    asio::co_spawn(executor_, flush_later(this), asio::detached);
}

Task<> Activity::flush_later(Activity* activity)
{
    co_await sleep_for(collecting_time);
    if (auto const written = co_await activity->flush(); !written)
        log::warning("Activity could not be recorded: {} {}", written.error().message, written.error().detail);
}

Async<> Activity::flush()
{
    if (writing_) {
        if (!next_round_)
            next_round_ = std::make_shared<Round>();
        auto const round = next_round_;
        if (!co_await round->written.wait(longest_wait))
            co_return fail(Errc::unavailable, "The database has too much to do; try again later");
        co_return round->outcome;
    }
    writing_ = true;
    Result<> outcome = co_await write_collected();
    writing_ = false;
    if (next_round_)
        asio::co_spawn(executor_, write_round(this), asio::detached);
    co_return outcome;
}

// For all who came during the last write.
Task<> Activity::write_round(Activity* activity)
{
    auto const round = std::exchange(activity->next_round_, nullptr);
    if (!round)
        co_return; // somebody else has begun another write meanwhile
    round->outcome = co_await activity->flush();
    round->written.set();
}

Async<> Activity::write_collected()
{
    scheduled_ = false;
    auto const write = [users = std::exchange(users_, {}), tokens = std::exchange(tokens_, {}),
                        spawners = std::exchange(spawners_, {})](store::Transaction& transaction) {
        store::touch_users(transaction, users);
        store::touch_tokens(transaction, tokens);
        store::touch_spawners(transaction, spawners);
        return true;
    };
    CO_CHECK(co_await store_.write_activity(write));
    co_return Result<>{};
}

} // namespace jhub::hub

// Admission, turns and polling; the start itself is in start_server.cpp, the stop in stop_server.cpp, adoption after a
// restart in adopt_server.cpp.
#include "hub/core/launcher.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <fmt/format.h>

#include "base/log.hpp"
#include "base/random.hpp"
#include "hub/core/hub.hpp"

namespace jhub::hub {
namespace {

constexpr std::chrono::seconds clean_up_patience{10};

} // namespace

Launcher::Launcher(Hub& hub, SpawnerFactory make_spawner) : hub_(hub), make_spawner_(std::move(make_spawner)) {}

Json route_data(LiveServer const& server) { return {{"user", server.user_name}, {"server_name", server.server_name}}; }

std::size_t Launcher::pending_starts() const { return hub_.servers.pending_starts(); }

Result<> Launcher::admit(StartOrder const& order) const
{
    if (order.server_name.find('/') != std::string::npos)
        return fail(Errc::invalid_argument, "Server names may not contain a slash.");
    if (hub_.servers.is_leaving(order.user.id, order.server_name))
        return fail(Errc::conflict, fmt::format("{} is being removed or renamed. It cannot be started meanwhile.",
                                                order.server_name.empty() ? order.user.name
                                                                          : order.user.name + ":" + order.server_name));
    auto const known = hub_.servers.find(order.user.id, order.server_name);
    if (known && known->ready())
        return fail(Errc::invalid_state, fmt::format("{} is already running", known->label()));
    auto const count_refusal = [&](std::string_view as) {
        hub_.metrics->observe(Measure::server_spawn, Metrics::Duration::zero(), as);
    };
    if (known && known->active()) {
        count_refusal(status::already_pending);
        return fail(Errc::invalid_state, fmt::format("{} is pending {}", known->label(), pending_name(known->state)));
    }

    auto const& limits = hub_.settings.hub;
    auto const pending = static_cast<std::int64_t>(pending_starts());
    if (limits.concurrent_spawn_limit > 0 && pending >= limits.concurrent_spawn_limit &&
        order.when_busy == WhenBusy::refuse) {
        count_refusal(status::throttled);
        return fail(Errc::too_many,
                    fmt::format("Too many servers are starting at the moment ({}). Try again in a minute.", pending),
                    "concurrent_spawn_limit");
    }
    auto const active = hub_.servers.active();
    if (limits.active_server_limit > 0 && static_cast<std::int64_t>(active) >= limits.active_server_limit) {
        count_refusal(status::too_many_users);
        return fail(Errc::too_many,
                    fmt::format("The limit of {} running servers is reached. Try again when somebody has stopped one.",
                                limits.active_server_limit));
    }
    return {};
}

Result<ServerAction> Launcher::advance(LiveServer& server, ServerEvent event)
{
    auto const transition = next_state(server.state, event);
    if (!transition)
        return fail(Errc::invalid_state, fmt::format("{} is in another state", server.label()));
    hub_.servers.set_state(server, transition->next);
    return transition->action;
}

Result<std::shared_ptr<LiveServer>> Launcher::start(StartOrder order)
{
    CHECK(admit(order));
    auto server = std::make_shared<LiveServer>();
    server->user_id = order.user.id;
    server->user_name = order.user.name;
    server->server_name = order.server_name;
    server->user_options = order.user_options;
    server->settings = {std::shared_ptr<void>(), &hub_.settings.spawner};
    CHECK(advance(*server, ServerEvent::start_requested));
    hub_.servers.add(server);
    asio::co_spawn(hub_.executor, run_start(server, std::move(order)), asio::detached);
    return server;
}

void Launcher::stop(std::shared_ptr<LiveServer> server)
{
    std::string_view const pending = pending_name(server->state);
    if (pending == "spawn" || pending == "check") { // its own coroutine notices, and rolls back
        server->cancel_start = true;
        server->hooks.cancel();
        server->announce();
        return;
    }
    if (advance(*server, ServerEvent::stop_requested)) {
        server->settled = std::make_shared<Event>();
        asio::co_spawn(hub_.executor, run_stop(std::move(server), StopCause::asked_for, "stop was asked for"),
                       asio::detached);
    }
}

Async<> Launcher::take_turn(std::shared_ptr<LiveServer> server)
{
    auto const limit = hub_.settings.hub.concurrent_spawn_limit;
    if (limit <= 0 || running_starts_ < static_cast<std::size_t>(limit)) {
        ++running_starts_;
        co_return Result<>{};
    }
    auto const turn = std::make_shared<Event>();
    waiting_starts_.push_back(turn);
    server->progress.push_back({{"progress", 0},
                                {"message", fmt::format("{} others are starting; waiting for a turn",
                                                        waiting_starts_.size() + running_starts_ - 1)}});
    server->announce();
    while (!turn->is_set() && !server->cancel_start) {
        auto const changed = server->changed;
        (void)co_await turn->wait(std::chrono::seconds(1));
    }
    if (turn->is_set())
        co_return Result<>{}; // the turn was handed over: running_starts_ counts it already
    std::erase(waiting_starts_, turn);
    co_return fail(Errc::invalid_state, "The start was cancelled.");
}

void Launcher::end_turn()
{
    if (waiting_starts_.empty()) {
        --running_starts_;
        return;
    }
    waiting_starts_.front()->set();
    waiting_starts_.pop_front();
}

void Launcher::settle(std::shared_ptr<LiveServer> const& server)
{
    if (server->state == ServerState::stopped && !server->failure)
        hub_.servers.remove(*server);
    server->announce();
    server->settled->set();
}

void Launcher::watch_exit(std::shared_ptr<LiveServer> const& server)
{
    std::weak_ptr<LiveServer> const weak = server;
    server->spawner->on_exit([this, weak](std::optional<int> status) {
        auto const known = weak.lock();
        if (!known)
            return;
        known->announce(); // a start that waits for an answer looks again
        if (known->state != ServerState::ready || !advance(*known, ServerEvent::died))
            return;
        known->settled = std::make_shared<Event>();
        std::string reason = status ? fmt::format("its process ended, exit code: {}", *status) : "its process ended";
        asio::co_spawn(hub_.executor, run_stop(known, StopCause::ended_by_itself, std::move(reason)), asio::detached);
    });
}

Async<bool> Launcher::poll(std::shared_ptr<LiveServer> server)
{
    if (!server->ready())
        co_return server->active();
    Stopwatch const watch(*hub_.metrics, Measure::server_poll);
    CO_TRY(auto const exited, co_await server->spawner->poll());
    watch.stop(exited ? status::stopped : status::running);
    if (!exited)
        co_return true;
    if (advance(*server, ServerEvent::died)) {
        server->settled = std::make_shared<Event>();
        asio::co_spawn(
            hub_.executor,
            run_stop(server, StopCause::ended_by_itself, fmt::format("its process was gone, exit code: {}", *exited)),
            asio::detached);
        (void)co_await wait_until_settled(server, clean_up_patience); // what does not work is not waited for
    }
    co_return false;
}

Task<> Launcher::poll_forever()
{
    auto const& spawner = hub_.settings.spawner;
    if (spawner.poll_interval.count() <= 0)
        co_return;
    auto const pause = [&] {
        double const jitter = 1 + spawner.poll_jitter * (random_unit() - 0.5);
        return std::chrono::duration_cast<std::chrono::milliseconds>(spawner.poll_interval * jitter);
    };
    while (!co_await hub_.stopping.wait(pause()))
        for (auto const& server : hub_.servers.all())
            if (auto const alive = co_await poll(server); !alive)
                log::warning("{}: cannot tell whether it runs: {}", server->label(), alive.error().message);
}

} // namespace jhub::hub

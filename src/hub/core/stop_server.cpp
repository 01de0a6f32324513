// One stop, step by step (reference spawner.md §9): remove the route, stop the process, remove the rows. Nobody is told
// that a server is stopped before all three are done: a step that does not work is tried again, ever later, for as long
// as the hub serves; then the next hub goes on with it (store/stop_intentions.hpp).
#include <algorithm>

#include <boost/asio/co_spawn.hpp>

#include "base/log.hpp"
#include "hub/core/hub.hpp"
#include "hub/core/launcher.hpp"
#include "store/own_tables.hpp"
#include "store/spawners.hpp"
#include "store/stop_intentions.hpp"
#include "store/tokens.hpp"
#include "store/users.hpp"

namespace jhub::hub {
namespace {

using namespace std::chrono_literals;
using Then = store::StopIntention::Then;

constexpr std::chrono::milliseconds first_pause = 250ms, longest_pause = 30s;

void report(std::string const& label, std::string_view step, Result<> const& outcome)
{
    if (!outcome)
        log::error("{}: {} failed: {} {}", label, step, outcome.error().message, outcome.error().detail);
}

} // namespace

Async<> Launcher::promise_stop(std::shared_ptr<LiveServer> server, Then then)
{
    auto const write = [intention = store::StopIntention{server->spawner_id, then}](store::Transaction& transaction) {
        store::save_stop_intention(transaction, intention);
        return true;
    };
    if (server->spawner_id != 0)
        CO_CHECK(co_await hub_.store.write(write));
    co_return Result<>{};
}

Async<> Launcher::remove_route(std::shared_ptr<LiveServer> server)
{
    if (!server->may_have_route)
        co_return Result<>{};
    CO_CHECK(co_await hub_.proxy.delete_route(hub_.urls.server_route(server->user_name, server->server_name)));
    server->may_have_route = false;
    co_return Result<>{};
}

Async<> Launcher::record_stop(std::shared_ptr<LiveServer> server)
{
    if (server->spawner_id == 0)
        co_return Result<>{};
    store::SpawnStop stop;
    stop.spawner_id = server->spawner_id;
    stop.now = hub_.now();
    stop.state = server->spawner ? server->spawner->state() : Json::object();
    stop.token_note = "Server at " + hub_.urls.server(server->user_name, server->server_name);
    if (server->token_id != 0)
        stop.token_id = server->token_id;
    auto const write = [stop, user_id = server->user_id](store::Transaction& transaction) {
        bool const known = store::finish_stop(transaction, stop);
        if (!known && stop.token_id) // the row was deleted, the token of its last start was not
            store::delete_token(transaction, *stop.token_id);
        store::delete_process(transaction, stop.spawner_id);
        store::touch_users(transaction, {{user_id, stop.now}});
        return true;
    };
    CO_CHECK(co_await hub_.store.write(write));
    co_return Result<>{};
}

// One try at each step that is not done yet. The rows say where the process is: they stay for as long as it may.
Async<> Launcher::take_steps(std::shared_ptr<LiveServer> server, spawn::StopMode mode)
{
    Result<> const unrouted = co_await remove_route(server);
    report(server->label(), "removing its route", unrouted);
    Result<> stopped;
    if (server->spawner)
        stopped = co_await server->spawner->stop(mode);
    report(server->label(), "stopping its process", stopped);
    CO_CHECK(stopped);
    CO_CHECK(unrouted);
    Result<> const recorded = co_await record_stop(server);
    report(server->label(), "recording the stop", recorded);
    co_return recorded;
}

Async<> Launcher::take_away(std::shared_ptr<LiveServer> server, spawn::StopMode mode)
{
    Result<> outcome = fail(Errc::failed, "internal error");
    try {
        outcome = co_await take_steps(server, mode);
    } catch (std::exception const& problem) {
        log::error("{}: stopping failed: {}", server->label(), problem.what());
    }
    co_return outcome;
}

// The outcome of the first try; returns when nothing of the server is left, or the hub ends.
Async<> Launcher::clean_up(std::shared_ptr<LiveServer> server, spawn::StopMode mode)
{
    Result<> const first = co_await take_away(server, mode);
    Result<> latest = first;
    if (!latest)
        report(server->label(), "storing that it was to be stopped", co_await promise_stop(server, Then::stays));
    for (auto pause = first_pause; !latest; pause = std::min<std::chrono::milliseconds>(pause * 2, longest_pause)) {
        if (co_await hub_.stopping.wait(pause)) {
            log::error("{} is still there; the next hub will end it", server->label());
            co_return first;
        }
        latest = co_await take_away(server, spawn::StopMode::now);
        if (latest)
            log::info("{} is stopped at last", server->label());
    }
    server->spawner.reset();
    server->url.clear();
    server->started.reset();
    server->last_activity = hub_.now();
    server->token_id = 0;
    co_await tell_hooks_of_stop(server);
    (void)advance(*server, ServerEvent::gone);
    co_return first;
}

Task<> Launcher::run_stop(std::shared_ptr<LiveServer> server, StopCause cause, std::string reason)
{
    log::info("Stopping the server of {}: {}", server->label(), reason);
    Stopwatch const watch(*hub_.metrics, Measure::server_stop);
    Result<> const stopped = co_await clean_up(server, spawn::StopMode::gentle);
    watch.stop(stopped ? status::success : status::failure);
    if (stopped && cause == StopCause::asked_for && !hub_.stopping.is_set())
        hub_.events.record(ServerActionEvent::stop, server->user_name, server->server_name);
    settle(server);
}

} // namespace jhub::hub

// One stop, step by step (reference spawner.md §9): remove the route, stop the process, remove the rows. It always ends
// with a stopped server: what could not be cleaned up is logged, and found again by the checks at the next start.
#include "base/log.hpp"
#include "hub/core/hub.hpp"
#include "hub/core/launcher.hpp"
#include "store/own_tables.hpp"
#include "store/spawners.hpp"
#include "store/users.hpp"

namespace jhub::hub {
namespace {

void report(std::string const& label, std::string_view step, Result<> const& outcome)
{
    if (!outcome)
        log::error("{}: {} failed: {} {}", label, step, outcome.error().message, outcome.error().detail);
}

} // namespace

Async<> Launcher::clean_up(std::shared_ptr<LiveServer> server, spawn::StopMode mode)
{
    bool const had_route = !server->url.empty();
    if (had_route)
        report(server->label(), "removing its route",
               co_await hub_.proxy.delete_route(hub_.urls.server_route(server->user_name, server->server_name)));
    Result<> stopped;
    if (server->spawner)
        stopped = co_await server->spawner->stop(mode);
    report(server->label(), "stopping its process", stopped);

    if (server->spawner_id != 0) {
        store::SpawnStop stop;
        stop.spawner_id = server->spawner_id;
        stop.now = hub_.now();
        stop.state = server->spawner ? server->spawner->state() : Json::object();
        stop.token_note = "Server at " + hub_.urls.server(server->user_name, server->server_name);
        if (server->token_id != 0)
            stop.token_id = server->token_id;
        auto const write = [stop, user_id = server->user_id](store::Transaction& transaction) {
            store::finish_stop(transaction, stop);
            store::delete_process(transaction, stop.spawner_id);
            store::touch_users(transaction, {{user_id, stop.now}});
            return true;
        };
        auto const written = co_await hub_.store.write(write);
        report(server->label(), "recording the stop",
               written ? Result<>{} : Result<>(std::unexpected(written.error())));
    }
    server->spawner.reset();
    server->url.clear();
    server->started.reset();
    server->last_activity = hub_.now();
    server->token_id = 0;
    co_await tell_hooks_of_stop(server);
    (void)advance(*server, ServerEvent::gone);
    co_return stopped;
}

Task<> Launcher::run_stop(std::shared_ptr<LiveServer> server, StopCause cause, std::string reason)
{
    log::info("Stopping the server of {}: {}", server->label(), reason);
    Stopwatch const watch(*hub_.metrics, Measure::server_stop);
    Result<> stopped = fail(Errc::failed, "");
    try {
        stopped = co_await clean_up(server, spawn::StopMode::gentle);
    } catch (std::exception const& problem) {
        log::error("{}: stopping failed: {}", server->label(), problem.what());
        (void)advance(*server, ServerEvent::gone);
    }
    watch.stop(stopped ? status::success : status::failure);
    if (stopped && cause == StopCause::asked_for && !hub_.stopping.is_set())
        hub_.events.record(ServerActionEvent::stop, server->user_name, server->server_name);
    settle(server);
}

} // namespace jhub::hub

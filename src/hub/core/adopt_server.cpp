// After a restart of the hub: is a server that the database calls running still there, and does it answer? Then it is
// ours again, with its route; otherwise it is cleaned up (reference spawner.md §11).
#include <fmt/format.h>

#include "base/log.hpp"
#include "hub/core/hub.hpp"
#include "hub/core/launcher.hpp"

namespace jhub::hub {
namespace {

privileged::ProcessId to_process_id(store::ProcessRow const& row)
{
    return {static_cast<int>(row.pid), row.start_time, row.boot_id, row.uid};
}

} // namespace

Async<> Launcher::verify(std::shared_ptr<LiveServer> server)
{
    CO_TRY(auto const exited, co_await server->spawner->poll());
    if (exited)
        co_return fail(Errc::not_found, "its process is gone");
    CO_CHECK(co_await wait_until_it_answers(server, hub_.settings.spawner.http_timeout));
    CO_CHECK(co_await add_route(server));
    CO_CHECK(advance(*server, ServerEvent::answered));
    co_return Result<>{};
}

Task<> Launcher::adopt(store::RunningSpawner row, std::optional<store::ProcessRow> process,
                       std::optional<std::string> reason_to_stop)
{
    auto server = std::make_shared<LiveServer>();
    server->user_id = row.user.id;
    server->user_name = row.user.name;
    server->server_name = row.spawner.name;
    server->spawner_id = row.spawner.id;
    server->started = row.spawner.started;
    server->last_activity = row.spawner.last_activity;
    server->user_options = row.spawner.user_options;
    server->may_have_route = true;
    server->url = origin_of(row.server.proto, row.server.ip, row.server.port);
    server->settings = {std::shared_ptr<void>(), &hub_.settings.spawner};
    if (!advance(*server, ServerEvent::restored))
        co_return;
    hub_.servers.add(server);
    server->spawner = make_spawner_(*server, hub_.settings.spawner, process_saver(server));
    watch_exit(server);

    std::optional<privileged::ProcessId> known;
    if (process)
        known = to_process_id(*process);
    Result<> outcome = co_await server->spawner->load_state(row.spawner.state, known);
    if (outcome && reason_to_stop)
        outcome = fail(Errc::invalid_state, *reason_to_stop);
    if (outcome)
        outcome = co_await verify(server);
    if (outcome) {
        log::info("{} is still running", server->label());
        settle(server);
        co_return;
    }
    if (!reason_to_stop)
        log::warning("{} is not running any more: {}", server->label(), outcome.error().message);
    if (advance(*server, ServerEvent::failed))
        co_await run_stop(server, StopCause::ended_by_itself, outcome.error().message);
}

} // namespace jhub::hub

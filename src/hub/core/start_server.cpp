// One start, step by step (reference spawner.md §3): wait for a turn, prepare (prepare_start.cpp), start the process,
// wait until it answers, add the route. Any failure on the way is rolled back and explained.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/log.hpp"
#include "base/url.hpp"
#include "hub/core/deadline.hpp"
#include "hub/core/hub.hpp"
#include "hub/core/preparation.hpp"
#include "hub/core/wanted_row.hpp"
#include "store/own_tables.hpp"
#include "store/spawners.hpp"

namespace jhub::hub {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t probe_body_limit = 64 * 1024;

std::unexpected<Error> cancelled() { return fail(Errc::invalid_state, "The start was cancelled."); }

} // namespace

spawn::OnProcess Launcher::process_saver(std::shared_ptr<LiveServer> const& server)
{
    struct Saver {
        static Async<> save(Hub* hub, std::shared_ptr<LiveServer> server, privileged::ProcessId process)
        {
            if (!server || server->cancel_start)
                co_return cancelled();
            store::ProcessRow const row{.spawner_id = server->spawner_id,
                                        .pid = process.pid,
                                        .start_time = process.start_time,
                                        .boot_id = process.boot_id,
                                        .uid = process.uid,
                                        .log_path = {}};
            auto const write = [row, wanted = wanted_row(*server)](store::Transaction& transaction) -> Result<bool> {
                CHECK(wanted.check(transaction));
                store::save_process(transaction, row);
                store::set_spawner_state(transaction, row.spawner_id, Json{{"pid", row.pid}});
                return true;
            };
            CO_CHECK(co_await hub->store.write(write));
            co_return Result<>{};
        }
    };
    std::weak_ptr<LiveServer> const weak = server;
    return [this, weak](privileged::ProcessId process) { return Saver::save(&hub_, weak.lock(), std::move(process)); };
}

// Not to a server whose row is gone, or which somebody has stopped meanwhile.
Async<> Launcher::add_route(std::shared_ptr<LiveServer> server)
{
    auto const look = [wanted = wanted_row(*server)](store::Transaction& transaction) -> Result<bool> {
        CHECK(wanted.check(transaction));
        return true;
    };
    CO_CHECK(co_await hub_.store.read(look));
    if (server->cancel_start)
        co_return cancelled();
    bool const had_one = std::exchange(server->may_have_route, true);
    Result<> const added = co_await hub_.proxy.add_route(hub_.urls.server_route(server->user_name, server->server_name),
                                                         server->url, route_data(*server));
    if (!added && added.error().code == Errc::failed) // refused, so it is not there
        server->may_have_route = had_one;
    CO_CHECK(added);
    if (server->cancel_start)
        co_return cancelled();
    co_return Result<>{};
}

Async<> Launcher::start_process(std::shared_ptr<LiveServer> server, Preparation preparation)
{
    if (!hub_.python.spawner_does("progress")) {
        server->progress.push_back({{"progress", 50}, {"message", "Spawning server..."}});
        server->announce();
    }
    Beside<spawn::Endpoint> starting(hub_.executor, server->spawner->start(std::move(preparation.request)));
    auto const deadline = std::chrono::steady_clock::now() + server->settings->start_timeout;
    while (!co_await starting.wait(200ms)) {
        if (server->cancel_start)
            co_return cancelled();
        if (std::chrono::steady_clock::now() >= deadline)
            co_return fail(Errc::timeout, fmt::format("The server did not start within {} seconds.",
                                                      server->settings->start_timeout.count()));
    }
    CO_TRY(spawn::Endpoint const endpoint, starting.take());
    server->url = origin_of(endpoint.proto, endpoint.ip, endpoint.port);

    model::ServerRow row;
    row.proto = endpoint.proto;
    row.ip = endpoint.ip;
    row.port = endpoint.port;
    row.base_url = hub_.urls.server(server->user_name, server->server_name);
    CO_TRY(Json state, co_await state_of(server));
    auto const write = [wanted = wanted_row(*server), row, state](store::Transaction& transaction) -> Result<bool> {
        CHECK(wanted.check(transaction));
        return store::finish_spawn(transaction, wanted.spawner_id, row, state);
    };
    CO_CHECK(co_await hub_.store.write(write));
    co_return Result<>{};
}

Async<> Launcher::wait_until_it_answers(std::shared_ptr<LiveServer> server, std::chrono::seconds patience)
{
    auto const deadline = std::chrono::steady_clock::now() + patience;
    std::string const url = server->url + hub_.urls.server(server->user_name, server->server_name) + "api";
    std::chrono::milliseconds pause = 10ms;
    for (;;) {
        http::ClientRequest probe;
        probe.url = url;
        probe.connect_timeout = 1s;
        probe.timeout = 5s;
        probe.max_body = probe_body_limit;
        probe.reuse_connection = false;
        auto const answer = co_await hub_.http.send(std::move(probe));
        if (answer && answer->status < 500) {
            CO_TRY(Url const address, parse_url(server->url));
            CO_CHECK(server->spawner->check_listener(address.host, address.port));
            server->reported_version = answer->headers.get("X-JupyterHub-Version").value_or("");
            co_return Result<>{};
        }
        if (server->cancel_start)
            co_return cancelled();
        CO_TRY(auto const exited, co_await server->spawner->poll());
        if (exited)
            co_return fail(Errc::failed,
                           fmt::format("The server's process ended before it answered (exit code: {}).", *exited));
        if (std::chrono::steady_clock::now() >= deadline)
            co_return fail(Errc::timeout, fmt::format("The server started, but did not answer at {} within {} seconds.",
                                                      url, patience.count()));
        auto const changed = server->changed;
        (void)co_await changed->wait(pause); // an exit or a cancellation wakes it
        pause = std::min<std::chrono::milliseconds>(pause * 3 / 2, 100ms);
    }
}

Async<> Launcher::carry_out_start(std::shared_ptr<LiveServer> server, StartOrder order)
{
    CO_TRY(Preparation preparation, co_await prepare(server, order));
    CO_CHECK(co_await start_process(server, std::move(preparation)));
    CO_CHECK(advance(*server, ServerEvent::process_started));
    CO_CHECK(co_await wait_until_it_answers(server, server->settings->http_timeout));
    hub_.events.record(ServerActionEvent::start, server->user_name, server->server_name);
    CO_CHECK(co_await add_route(server));
    CO_CHECK(advance(*server, ServerEvent::answered));
    co_return Result<>{};
}

Task<> Launcher::run_start(std::shared_ptr<LiveServer> server, StartOrder order)
{
    auto const begun = std::chrono::steady_clock::now();
    Stopwatch const watch(*hub_.metrics, Measure::server_spawn);
    Result<> outcome = co_await take_turn(server);
    bool const has_turn = outcome.has_value();
    if (has_turn) {
        try {
            outcome = co_await carry_out_start(server, std::move(order));
        } catch (std::exception const& problem) {
            outcome =
                fail(Errc::failed, "The server could not be started because of an internal error.", problem.what());
        }
        end_turn();
    }
    watch.stop(outcome ? status::success : status::failure);
    if (outcome) {
        std::chrono::duration<double> const took = std::chrono::steady_clock::now() - begun;
        log::info("User {} took {:.3f} seconds to start", server->label(), took.count());
        settle(server);
    } else {
        co_await roll_back(server, outcome.error());
    }
    count_outcome(*server);
}

void Launcher::count_outcome(LiveServer const& server)
{
    if (!server.failure) {
        failures_in_a_row_ = 0;
        return;
    }
    if (server.failure->cancelled)
        return;
    ++failures_in_a_row_;
    auto const limit = hub_.settings.spawner.consecutive_failure_limit;
    if (limit <= 0 || failures_in_a_row_ < limit || hub_.fatal)
        return;
    hub_.fatal = Error{Errc::failed,
                       fmt::format("{} starts in a row have failed, the limit of c.Spawner.consecutive_failure_limit. "
                                   "The last was of {}: {}",
                                   failures_in_a_row_, server.label(), server.failure->message),
                       ""};
    log::critical("{} The hub ends.", hub_.fatal->message);
    hub_.shutdown_requested.set();
}

Task<> Launcher::roll_back(std::shared_ptr<LiveServer> server, Error error)
{
    StartFailure failure{.message = error.message, .advice = {}, .output = {}};
    failure.reason = error.code == Errc::timeout ? "timeout" : "error";
    bool const removed = error.code == Errc::not_found && error.detail == removed_meanwhile;
    failure.cancelled = server->cancel_start || removed;
    if (server->refusal && !failure.cancelled) {
        failure = *server->refusal;
    } else if (server->spawner && !failure.cancelled) {
        auto const diagnosis = server->spawner->diagnose(error);
        failure.message = diagnosis.reason.empty() ? failure.message : diagnosis.reason;
        failure.advice = diagnosis.advice;
        failure.output = diagnosis.output;
    }
    if (failure.cancelled && !removed)
        failure.message = cancelled().error().message;
    if (failure.cancelled) {
        failure.status = removed ? 404 : 409;
        log::info("The start of {} ended: {}", server->label(), failure.message);
    } else {
        log::error("Starting the server of {} failed: {} {}", server->label(), failure.message, error.detail);
    }
    (void)advance(*server, failure.cancelled ? ServerEvent::stop_requested : ServerEvent::failed);
    server->failure = std::move(failure);
    (void)co_await clean_up(server, spawn::StopMode::now);
    if (removed) // nobody's any more: nothing of it is remembered
        hub_.servers.remove(*server);
    settle(server);
}

} // namespace jhub::hub

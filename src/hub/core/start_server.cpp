// One start, step by step (reference spawner.md §3): wait for a turn, write the rows, start the process, wait until it
// answers, add the route. Any failure on the way is rolled back and explained.
#include <algorithm>

#include <fmt/format.h>

#include "auth/token_hash.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/url.hpp"
#include "hub/core/deadline.hpp"
#include "hub/core/environment.hpp"
#include "hub/core/hub.hpp"
#include "hub/core/launcher.hpp"
#include "rbac/oauth_scopes.hpp"
#include "rbac/resolve.hpp"
#include "store/own_tables.hpp"
#include "store/roles.hpp"
#include "store/spawners.hpp"
#include "store/users.hpp"

namespace jhub::hub {

// What a start needs from the database and from the configuration, gathered before anything runs.
struct Launcher::Preparation {
    std::string token;
    spawn::StartRequest request;
};

namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t probe_body_limit = 64 * 1024;

// What begin_spawn() needs to know beside the settings; read and hashed off the logic thread.
struct Gathered {
    std::vector<std::string> role_scopes, server_role_scopes;
    std::string hashed_token, hashed_secret;
};

Gathered gather(store::Transaction& transaction, std::int64_t user_id, std::string const& token)
{
    Gathered found;
    for (auto const& role : store::roles_of_user(transaction, user_id))
        found.role_scopes.insert(found.role_scopes.end(), role.scopes.begin(), role.scopes.end());
    if (auto const role = store::find_role(transaction, "server"))
        found.server_role_scopes = role->scopes;
    found.hashed_token = auth::hash_token(token, auth::generated_rounds);
    found.hashed_secret = auth::hash_token(token, auth::configured_rounds);
    return found;
}

std::string address_url(spawn::Endpoint const& endpoint)
{
    bool const v6 = endpoint.ip.find(':') != std::string::npos;
    return fmt::format("{}://{}:{}", endpoint.proto, v6 ? "[" + endpoint.ip + "]" : endpoint.ip, endpoint.port);
}

std::optional<std::uint64_t> as_bytes(std::optional<std::int64_t> value)
{
    if (!value || *value < 0)
        return std::nullopt;
    return static_cast<std::uint64_t>(*value);
}

EnvironmentInput environment_input(Hub const& hub, LiveServer const& server, std::string const& token,
                                   spawn::Endpoint const& listens)
{
    auto const& settings = hub.settings.spawner;
    EnvironmentInput input{.urls = hub.urls};
    input.user = server.user_name;
    input.server = server.server_name;
    input.api_token = token;
    input.service_url = address_url(listens) + hub.urls.server(server.user_name, server.server_name);
    input.kept = kept_variables(settings.env_keep);
    input.admin_access = hub.settings.hub.admin_access;
    input.cookie_options = hub.settings.hub.tornado_settings.cookie_options;
    input.cookie_host_prefix = hub.settings.hub.cookie_host_prefix_enabled;
    input.client_allowed_scopes = settings.oauth_client_allowed_scopes;
    if (!settings.hub_connect_url.empty())
        input.hub_connect_url = settings.hub_connect_url;
    input.mem_limit = as_bytes(settings.mem_limit);
    input.mem_guarantee = as_bytes(settings.mem_guarantee);
    input.cpu_limit = settings.cpu_limit;
    input.cpu_guarantee = settings.cpu_guarantee;
    input.notebook_dir = settings.notebook_dir;
    input.default_url = settings.default_url;
    input.debug = settings.debug;
    input.disable_user_config = settings.disable_user_config;
    input.configured = settings.environment;
    return input;
}

} // namespace

spawn::OnProcess Launcher::process_saver(std::shared_ptr<LiveServer> const& server)
{
    struct Saver {
        static Async<> save(Hub* hub, std::int64_t spawner_id, privileged::ProcessId process)
        {
            store::ProcessRow const row{.spawner_id = spawner_id,
                                        .pid = process.pid,
                                        .start_time = process.start_time,
                                        .boot_id = process.boot_id,
                                        .uid = process.uid,
                                        .log_path = {}};
            auto const write = [row](store::Transaction& transaction) {
                store::save_process(transaction, row);
                store::set_spawner_state(transaction, row.spawner_id, Json{{"pid", row.pid}});
                return true;
            };
            CO_CHECK(co_await hub->store.write(write));
            co_return Result<>{};
        }
    };
    std::weak_ptr<LiveServer> const weak = server;
    return [this, weak](privileged::ProcessId process) {
        auto const known = weak.lock();
        return Saver::save(&hub_, known ? known->spawner_id : 0, std::move(process));
    };
}

Async<Launcher::Preparation> Launcher::prepare(std::shared_ptr<LiveServer> server, StartOrder const& order)
{
    Preparation preparation{.token = auth::new_token(), .request = {}};
    std::string const base_path = hub_.urls.server(server->user_name, server->server_name);
    auto const read = [user_id = order.user.id, token = preparation.token](store::Transaction& transaction) {
        return gather(transaction, user_id, token);
    };
    CO_TRY(Gathered const gathered, co_await hub_.store.read(read));

    auto const& settings = hub_.settings.spawner;
    rbac::Context const context{hub_.scopes, rbac::no_memberships()};
    auto const& requested =
        settings.server_token_scopes.empty() ? gathered.server_role_scopes : settings.server_token_scopes;
    auto const scopes =
        rbac::server_token_scopes(requested, gathered.role_scopes, server->user_name, server->server_name, context);
    rbac::Client const client{rbac::ClientKind::server, server->user_name, server->server_name, {}};

    store::SpawnStart start;
    start.server.base_url = base_path;
    start.now = hub_.now();
    start.user_options = order.user_options;
    start.token.emplace();
    start.token->user_id = order.user.id;
    start.token->hashed = gathered.hashed_token;
    start.token->prefix = auth::token_prefix(preparation.token);
    start.token->client_id = "jupyterhub";
    start.token->created = start.now;
    start.token->note = "Server at " + base_path;
    start.token->scopes = scopes.allowed;
    start.client.emplace();
    start.client->identifier = server_client_id(server->user_name, server->server_name);
    start.client->description = "Server at " + base_path;
    start.client->secret = gathered.hashed_secret;
    start.client->redirect_uri = join_path(base_path, "oauth_callback");
    start.client->allowed_scopes = rbac::client_allowed_scopes(settings.oauth_client_allowed_scopes, client);

    struct Begun {
        store::SpawnIds ids;
        model::SpawnerRow row;
    };
    auto const write = [start, user_id = order.user.id,
                        name = server->server_name](store::Transaction& transaction) mutable {
        auto row = store::ensure_spawner(transaction, user_id, name);
        start.spawner_id = row.id;
        auto const ids = store::begin_spawn(transaction, start);
        store::touch_users(transaction, {{user_id, start.now}});
        return Begun{ids, std::move(row)};
    };
    CO_TRY(Begun begun, co_await hub_.store.write(write));
    server->spawner_id = begun.row.id;
    server->token_id = begun.ids.token_id.value_or(0);
    server->started = server->last_activity = start.now;
    if (!server->user_options)
        server->user_options = begun.row.user_options.value_or(Json::object());

    server->spawner = make_spawner_(*server, settings, process_saver(server));
    watch_exit(server);
    CO_TRY(spawn::Endpoint const listens, server->spawner->choose_endpoint());
    auto& request = preparation.request;
    request.user_name = server->user_name;
    request.server_name = server->server_name;
    request.base_path = base_path;
    request.env = build_environment(environment_input(hub_, *server, preparation.token, listens));
    request.cmd = settings.cmd;
    for (auto const& argument : settings.args)
        request.args.push_back(fill_template(argument, server->user_name, hub_.urls.base()));
    request.user_options = *server->user_options;
    co_return preparation;
}

Async<> Launcher::start_process(std::shared_ptr<LiveServer> server, Preparation preparation)
{
    server->progress.push_back({{"progress", 50}, {"message", "Spawning server..."}});
    server->announce();
    Beside<spawn::Endpoint> starting(hub_.executor, server->spawner->start(std::move(preparation.request)));
    auto const deadline = std::chrono::steady_clock::now() + hub_.settings.spawner.start_timeout;
    while (!co_await starting.wait(200ms)) {
        if (server->cancel_start)
            co_return fail(Errc::invalid_state, "The start was cancelled.");
        if (std::chrono::steady_clock::now() >= deadline)
            co_return fail(Errc::timeout, fmt::format("The server did not start within {} seconds.",
                                                      hub_.settings.spawner.start_timeout.count()));
    }
    CO_TRY(spawn::Endpoint const endpoint, starting.take());
    server->url = address_url(endpoint);

    model::ServerRow row;
    row.proto = endpoint.proto;
    row.ip = endpoint.ip;
    row.port = endpoint.port;
    row.base_url = hub_.urls.server(server->user_name, server->server_name);
    auto const write = [id = server->spawner_id, row,
                        state = server->spawner->state()](store::Transaction& transaction) {
        return store::finish_spawn(transaction, id, row, state);
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
            server->reported_version = answer->headers.get("X-JupyterHub-Version").value_or("");
            co_return Result<>{};
        }
        if (server->cancel_start)
            co_return fail(Errc::invalid_state, "The start was cancelled.");
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
    CO_CHECK(co_await wait_until_it_answers(server, hub_.settings.spawner.http_timeout));
    hub_.events.record(ServerActionEvent::start, server->user_name, server->server_name);
    CO_CHECK(co_await hub_.proxy.add_route(hub_.urls.server(server->user_name, server->server_name), server->url,
                                           route_data(*server)));
    if (server->cancel_start)
        co_return fail(Errc::invalid_state, "The start was cancelled.");
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
    failure.cancelled = server->cancel_start;
    if (server->spawner && !failure.cancelled) {
        auto const diagnosis = server->spawner->diagnose(error);
        failure.message = diagnosis.reason.empty() ? failure.message : diagnosis.reason;
        failure.advice = diagnosis.advice;
        failure.output = diagnosis.output;
    }
    if (failure.cancelled)
        failure.message = "The start was cancelled.";
    log::error("Starting the server of {} failed: {} {}", server->label(), failure.message, error.detail);
    (void)advance(*server, failure.cancelled ? ServerEvent::stop_requested : ServerEvent::failed);
    (void)co_await clean_up(server, spawn::StopMode::now);
    server->failure = std::move(failure);
    settle(server);
}

} // namespace jhub::hub

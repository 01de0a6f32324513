#include "hub/startup/serve.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <fmt/format.h>

#include "auth/helper_accounts.hpp"
#include "base/log.hpp"
#include "base/url.hpp"
#include "http/server.hpp"
#include "hub/api/tables.hpp"
#include "hub/core/hub.hpp"
#include "hub/core/loop_watch.hpp"
#include "hub/core/route_check.hpp"
#include "hub/dispatch/dispatcher.hpp"
#include "hub/oauth/tables.hpp"
#include "hub/pages/renderer.hpp"
#include "hub/pages/tables.hpp"
#include "hub/services/idle_culler.hpp"
#include "hub/services/managed_services.hpp"
#include "hub/startup/opened.hpp"
#include "hub/startup/proxy_keeper.hpp"
#include "hub/startup/restore.hpp"
#include "hub/startup/signals.hpp"
#include "hub/startup/start_python.hpp"
#include "hub/startup/state_files.hpp"
#include "hub/startup/url_to_open.hpp"

namespace jhub::hub {
namespace {

using namespace std::chrono_literals;

constexpr auto drain_patience = 3s;
constexpr auto purge_interval = 1h;

std::vector<RouteTable> all_tables()
{
    std::vector<RouteTable> tables = api::tables();
    for (auto const& more : {oauth::tables(), pages::tables()})
        tables.insert(tables.end(), more.begin(), more.end());
    return tables;
}

http::Limits server_limits()
{
    http::Limits limits;
    limits.connections_per_ip = 0; // every visitor comes through the proxy and has its address
    return limits;
}

void say_who_may_enter(Hub const& hub)
{
    auto const by_authenticator = hub.authenticator->default_allow_all(hub.login_rules);
    bool const operator_knows = hub.settings.source->flag("Authenticator", "any_allow_config");
    if (auto const warning = auth::nobody_can_log_in(hub.login_rules, by_authenticator); warning && !operator_knows)
        log::warning("{}", *warning);
    if (auto const warning = hub.authenticator->startup_warning(); !warning.empty())
        log::warning("{}", warning);
}

// Everything that runs beside the requests. Each ends when hub.stopping is set.
class Running {
  public:
    Running(Hub& hub, http::Server& server, ProxyKeeper& keeper, services::ManagedServices& services)
        : hub_(hub), server_(server), keeper_(keeper), services_(services)
    {
    }

    Async<> run()
    {
        asio::co_spawn(hub_.executor, listen_to_signals(hub_, server_), asio::detached);
        Stopwatch const starting(*hub_.metrics, Measure::hub_startup);
        // Before anything is touched that a hub which runs already may be using. Clients wait until it is all restored.
        if (auto const listening = listen(hub_.settings.hub.addresses); !listening)
            co_return std::unexpected(listening.error());
        CO_CHECK(co_await keeper_.start());
        Stopwatch const restoring(*hub_.metrics, Measure::init_spawners);
        co_await restore_servers(hub_);
        restoring.stop();
        server_.accept();
        CO_CHECK(co_await check_routes(hub_));
        asio::co_spawn(hub_.executor, keeper_.keep_running(), asio::detached);
        asio::co_spawn(hub_.executor, hub_.launcher.poll_forever(), asio::detached);
        asio::co_spawn(hub_.executor, check_routes_forever(hub_), asio::detached);
        asio::co_spawn(hub_.executor, purge_forever(hub_, purge_interval), asio::detached);
        asio::co_spawn(hub_.executor, watch_loop(hub_), asio::detached);
        asio::co_spawn(hub_.executor, culler_.look_forever(), asio::detached);
        if (auto const started = co_await services_.start(); !started) {
            hub_.fatal = started.error();
            hub_.cleanup_servers = false; // the next hub goes on with them
            hub_.shutdown_requested.set();
        }
        starting.stop();
        if (!hub_.fatal)
            log::info("JupyterHub is now running at {}", url_to_open(hub_.settings.hub.addresses));
        while (!co_await hub_.shutdown_requested.wait(1h)) {
        }
        co_await shut_down();
        if (hub_.fatal)
            co_return std::unexpected(*hub_.fatal);
        co_return Result<>{};
    }

  private:
    Result<> listen(config::Addresses const& addresses)
    {
        if (!addresses.hub_socket.empty())
            return server_.listen_unix(addresses.hub_socket, 0600, http::Accepting::when_asked);
        auto const port = server_.listen_tcp(addresses.hub_ip, addresses.hub_port, http::Accepting::when_asked);
        if (port)
            return {};
        bool const taken = port.error().code == Errc::conflict;
        return fail(Errc::failed,
                    fmt::format("{}. {}", port.error().message,
                                taken ? "Is another hub running? c.JupyterHub.hub_port chooses another port."
                                      : "c.JupyterHub.hub_ip says at which address the hub listens."));
    }

    Task<> shut_down()
    {
        hub_.stopping.set();
        co_await services_.stop();
        if (hub_.cleanup_servers) {
            log::info("Stopping all servers...");
            co_await stop_all_servers(hub_);
        } else {
            log::info("Leaving the servers running");
        }
        if (hub_.cleanup_proxy)
            co_await keeper_.stop();
        else
            log::info("Leaving the proxy running");
        server_.stop();
        (void)co_await server_.drained(drain_patience);
        if (auto const written = co_await hub_.activity.flush(); !written)
            log::error("The last activity was not recorded: {}", written.error().message);
        log::info("...done");
    }

    Hub& hub_;
    http::Server& server_;
    ProxyKeeper& keeper_;
    services::ManagedServices& services_;
    services::IdleCuller culler_{hub_};
};

// Returns when the supervisor is gone. Its answers are read elsewhere, so readable alone means nothing.
Task<> end_of(privileged::Supervisor& supervisor)
{
    asio::posix::stream_descriptor channel(co_await asio::this_coro::executor, ::dup(supervisor.channel()));
    char byte = 0;
    do
        co_await channel.async_wait(asio::posix::stream_descriptor::wait_read, asio::use_awaitable);
    while (::recv(channel.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) != 0);
}

} // namespace

Result<> serve(ServingLoop& io, privileged::Helper& helper, privileged::Supervisor* supervisor, ServeInput input)
{
    StartedPython python = start_python(io.get_executor(), input, supervisor);
    TRY(auto opened, open_everything(io.get_executor(), input));
    auth::HelperAccounts accounts(helper);
    auto const& settings = input.settings;
    TRY(auto authenticator, settings.python.authenticator&& python.host
                                ? make_python_authenticator(settings, opened.rules, accounts, *python.host,
                                                            python.abilities["authenticator"])
                                : make_authenticator(settings.authenticator, opened.rules, accounts));
    TRY(auto const proxy_token, ProxyKeeper::shared_token(input.settings.proxy));
    log::info("Using Authenticator: {}", authenticator->name());
    log::info("Using Spawner: {}",
              settings.python.spawner ? settings.python.spawner->name : settings.spawner.class_name);

    HubParts parts;
    parts.settings = std::move(input.settings);
    parts.cookie_secret = std::move(opened.cookie_secret);
    parts.anonymous_id = std::move(opened.anonymous_id);
    parts.login_rules = std::move(opened.rules);
    parts.scopes = std::move(opened.scopes);
    parts.authenticator = std::move(authenticator);
    parts.store = opened.store.get();
    parts.python = python.host.get();
    parts.python_abilities = std::move(python.abilities);
    auto const& authentication = parts.settings.authenticator;
    parts.make_spawner = make_spawner_factory(
        helper, server_log_directory, authentication.pam_open_sessions ? authentication.pam_service : std::string());
    parts.proxy_api_url = parts.settings.proxy.api_url;
    parts.proxy_auth_token = proxy_token;
    Hub hub(io.get_executor(), std::move(parts));
    say_who_may_enter(hub);

    TRY(auto const renderer, pages::Renderer::create(hub));
    Router const router(all_tables());
    Dispatcher dispatcher(hub, *renderer, router);
    http::Server server(io.get_executor(), dispatcher, server_limits());
    ProxyKeeper keeper(hub, proxy_token, supervisor);
    services::ManagedServices services(hub, helper);
    Running running(hub, server, keeper, services);

    Result<> outcome;
    std::exception_ptr problem;
    asio::co_spawn(io, running.run(), [&](std::exception_ptr thrown, Result<> result) {
        problem = thrown;
        outcome = std::move(result);
        io.stop();
    });
    if (supervisor != nullptr)
        asio::co_spawn(io, end_of(*supervisor), [&](std::exception_ptr) {
            outcome = fail(Errc::failed, "The supervisor, which keeps root for the hub, has ended; so does the hub. "
                                         "Servers and proxy run on.");
            io.stop();
        });
    io.run();
    io.abandon();
    if (problem)
        std::rethrow_exception(problem);
    return outcome;
}

Result<> check_start(asio::io_context& io, ServeInput const& input)
{
    TRY(auto const opened, open_everything(io.get_executor(), input));
    return {};
}

} // namespace jhub::hub

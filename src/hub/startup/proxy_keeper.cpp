#include "hub/startup/proxy_keeper.hpp"

#include <unistd.h>

#include <fmt/format.h>

#include "base/log.hpp"
#include "base/networks.hpp"
#include "base/url.hpp"
#include "hub/core/hub.hpp"
#include "hub/core/route_check.hpp"

namespace jhub::hub {
namespace {

using namespace std::chrono_literals;

constexpr auto start_patience = 15s;
constexpr auto pause_between_questions = 5ms;
constexpr auto pause_after_failure = 1s;

ProxyProcessOptions process_options(Hub const& hub, std::string auth_token, privileged::Supervisor* supervisor)
{
    auto const& settings = hub.settings;
    return {settings.proxy.command, proxy_arguments(settings), supervisor,
            std::move(auth_token),  settings.proxy.pid_file,   settings.proxy.api_url};
}

// Who names the proxies in front of ours has no others: then strangers in private networks are not believed, as they
// are by default.
std::string trusted_proxies(std::vector<std::string> const& downstream)
{
    std::string list;
    for (auto const& text : downstream)
        if (Networks::parse(text))
            list.append(list.empty() ? "127.0.0.0/8,::1," : ",").append(text);
    return list;
}

} // namespace

std::vector<std::string> proxy_arguments(config::Settings const& settings)
{
    auto const& addresses = settings.hub.addresses;
    auto const api = parse_url(settings.proxy.api_url);
    std::vector<std::string> arguments{"--ip", addresses.ip, "--port", std::to_string(addresses.port)};
    if (api)
        arguments.insert(arguments.end(), {"--api-ip", api->host, "--api-port", std::to_string(api->port)});
    arguments.insert(arguments.end(), {"--error-target", join_path(Urls(addresses).internal_hub(), "error"),
                                       "--log-level", settings.proxy.log_level});
    if (!settings.hub.ssl_key.empty())
        arguments.insert(arguments.end(), {"--ssl-key", settings.hub.ssl_key});
    if (!settings.hub.ssl_cert.empty())
        arguments.insert(arguments.end(), {"--ssl-cert", settings.hub.ssl_cert});
    if (!addresses.subdomain_host.empty())
        arguments.emplace_back("--host-routing");
    // Other programs of that name do not know these options.
    if (is_own_proxy(settings.proxy.command.front())) {
        if (auto const trusted = trusted_proxies(settings.hub.trusted_downstream_ips); !trusted.empty())
            arguments.insert(arguments.end(), {"--trusted-proxies", trusted});
        if (::geteuid() == 0) // it binds its port, then gives up root
            arguments.insert(arguments.end(), {"--user", privileged::proxy_account_name});
        if (!settings.proxy.pid_file
                 .empty()) // a proxy that was restarted serves at once, one that was upgraded is found
            arguments.insert(arguments.end(), {"--routes-file", settings.proxy.pid_file + ".routes", "--pid-file",
                                               settings.proxy.pid_file});
    }
    return arguments;
}

Result<std::string> ProxyKeeper::shared_token(config::ProxySettings const& settings)
{
    if (!settings.auth_token.empty())
        return settings.auth_token;
    if (!settings.should_start)
        return fail(Errc::invalid_argument,
                    "c.ConfigurableHTTPProxy.should_start is False: then c.ConfigurableHTTPProxy.auth_token "
                    "(or CONFIGPROXY_AUTH_TOKEN) must be the token of the proxy that runs.");
    return load_or_create_proxy_token("", settings.pid_file + ".token");
}

ProxyKeeper::ProxyKeeper(Hub& hub, std::string auth_token, privileged::Supervisor* supervisor)
    : hub_(hub), process_(hub.executor, process_options(hub, std::move(auth_token), supervisor))
{
    hub.forwarded.know_proxy([this] { return process_.running() ? process_.pid() : 0; });
}

Async<> ProxyKeeper::wait_until_it_answers()
{
    auto const deadline = std::chrono::steady_clock::now() + start_patience;
    for (;;) {
        auto const routes = co_await hub_.proxy.routes();
        if (routes)
            co_return Result<>{};
        if (hub_.settings.proxy.should_start && !process_.running())
            co_return fail(Errc::failed, "The proxy ended right after its start; what it said about that is above.");
        if (std::chrono::steady_clock::now() >= deadline)
            co_return fail(Errc::failed, fmt::format("The proxy does not answer at {}: {} {}", hub_.proxy.api_url(),
                                                     routes.error().message, routes.error().detail));
        co_await sleep_for(pause_between_questions);
    }
}

Async<> ProxyKeeper::start_process()
{
    CO_CHECK(co_await process_.start());
    CO_CHECK(co_await wait_until_it_answers());
    co_return Result<>{};
}

Async<> ProxyKeeper::start()
{
    if (!hub_.settings.proxy.should_start) {
        CO_CHECK(co_await wait_until_it_answers());
    } else if (process_.adopt() && co_await hub_.proxy.routes()) {
        log::info("Going on with the running proxy, process {}", process_.pid());
    } else {
        CO_CHECK(co_await start_process());
    }
    co_return co_await hub_.proxy.add_route(hub_.settings.hub.addresses.hub_routespec, hub_.urls.hub_origin(),
                                            {{"hub", true}});
}

Task<> ProxyKeeper::keep_running()
{
    while (hub_.settings.proxy.should_start && !hub_.stopping.is_set()) {
        co_await process_.wait_exit();
        if (hub_.stopping.is_set())
            co_return;
        log::error("The proxy ended unexpectedly; starting it again");
        Result<> started = co_await start_process();
        if (started)
            started = co_await check_routes(hub_);
        if (started)
            continue;
        log::error("{} {}", started.error().message, started.error().detail);
        (void)co_await hub_.stopping.wait(pause_after_failure);
    }
}

Task<> ProxyKeeper::stop()
{
    if (hub_.settings.proxy.should_start)
        co_await process_.stop();
}

} // namespace jhub::hub

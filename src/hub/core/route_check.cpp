#include "hub/core/route_check.hpp"

#include <fmt/format.h>

#include "base/log.hpp"
#include "base/time_text.hpp"
#include "base/url.hpp"
#include "hub/core/hub.hpp"
#include "store/services.hpp"

namespace jhub::hub {
namespace {

struct WantedRoute {
    std::string target;
    Json data;
};
using WantedRoutes = std::map<std::string, WantedRoute>;

WantedRoutes wanted_routes(Hub const& hub)
{
    WantedRoutes wanted;
    wanted[hub.settings.hub.addresses.hub_routespec] = {hub.urls.hub_origin(), {{"hub", true}}};
    for (auto const& server : hub.servers.all())
        if (server->ready())
            wanted[hub.urls.server_route(server->user_name, server->server_name)] = {server->url, route_data(*server)};
    for (auto const& [routespec, target] : hub.settings.proxy.extra_routes)
        wanted[routespec] = {target, {{"extra", true}}};
    return wanted;
}

// Services with an address are behind the proxy, too; the path of the address does not count.
void add_service_routes(Hub const& hub, std::vector<model::ServiceRow> const& services, WantedRoutes& wanted)
{
    for (auto const& service : services) {
        auto const url = parse_url(service.url.value_or(""));
        if (!url)
            continue;
        wanted[hub.urls.service_route(service.name)] = {origin_of(url->scheme, url->host, url->port),
                                                        {{"service", service.name}}};
    }
}

// A route of a server that is starting, stopping or being checked is somebody else's business right now.
bool in_transition(Hub const& hub, Json const& data)
{
    if (!data.contains("user") || !data["user"].is_string())
        return false;
    std::string const name =
        data.contains("server_name") && data["server_name"].is_string() ? data["server_name"].get<std::string>() : "";
    auto const server = hub.servers.find_by_name(data["user"].get<std::string>(), name);
    return server && server->active() && !server->ready();
}

// The proxy saw traffic of a server: so its user was active.
void take_activity(Hub& hub, Json const& data)
{
    if (!data.contains("user") || !data.contains("last_activity") || !data["user"].is_string() ||
        !data["last_activity"].is_string())
        return;
    std::string const name =
        data.contains("server_name") && data["server_name"].is_string() ? data["server_name"].get<std::string>() : "";
    auto const server = hub.servers.find_by_name(data["user"].get<std::string>(), name);
    auto const when = parse_time(data["last_activity"].get<std::string>());
    if (!server || !server->ready() || !when || *when > hub.now() + std::chrono::minutes(1) ||
        (server->last_activity && *when <= *server->last_activity))
        return;
    server->last_activity = *when;
    hub.activity.report_spawner(server->spawner_id, *when);
    hub.activity.report_user(server->user_id, *when);
}

} // namespace

Async<> check_routes(Hub& hub)
{
    Stopwatch const watch(*hub.metrics, Measure::check_routes);
    CO_TRY(auto const services, co_await hub.store.read(store::list_services));
    CO_TRY(auto const present, co_await hub.proxy.routes());
    auto wanted = wanted_routes(hub);
    add_service_routes(hub, services, wanted);
    for (auto const& [routespec, route] : wanted) {
        auto const found = present.find(routespec);
        if (found != present.end() && found->second.at("target") == Json(route.target))
            continue;
        if (found != present.end())
            log::warning("Mending the route {} → {}", routespec, route.target);
        CO_CHECK(co_await hub.proxy.add_route(routespec, route.target, route.data));
    }
    for (auto const& [routespec, route] : present) {
        take_activity(hub, route.at("data"));
        if (wanted.contains(routespec) || in_transition(hub, route.at("data")))
            continue;
        log::warning("Deleting the stale route {}", routespec);
        CO_CHECK(co_await hub.proxy.delete_route(routespec));
    }
    watch.stop();
    co_return Result<>{};
}

Task<> check_routes_forever(Hub& hub)
{
    auto const interval = hub.settings.hub.last_activity_interval;
    if (interval.count() <= 0)
        co_return;
    while (!co_await hub.stopping.wait(interval))
        if (auto const checked = co_await check_routes(hub); !checked)
            log::error("Checking the proxy's routes failed: {} {}", checked.error().message, checked.error().detail);
}

} // namespace jhub::hub

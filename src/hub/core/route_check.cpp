#include "hub/core/route_check.hpp"

#include <fmt/format.h>

#include "base/log.hpp"
#include "base/time_text.hpp"
#include "base/url.hpp"
#include "hub/core/hub.hpp"
#include "store/services.hpp"

namespace jhub::hub {
namespace {

// Whose a route is by what the hub knows at this moment. A check takes a while; what it found at its beginning is
// looked at again before each call, so that it never brings back the route of a server that has stopped meanwhile.
struct WantedRoute {
    std::string target;
    Json data;
    std::shared_ptr<LiveServer> server = {}; // null: not a server's
    std::string service = {};                // its name; empty: not a service's
    [[nodiscard]] bool still() const { return !server || (server->ready() && server->url == target); }
};
using WantedRoutes = std::map<std::string, WantedRoute>;

WantedRoutes wanted_routes(Hub const& hub)
{
    WantedRoutes wanted;
    wanted[hub.settings.hub.addresses.hub_routespec] = {hub.urls.hub_origin(), {{"hub", true}}};
    for (auto const& server : hub.servers.all())
        if (server->ready())
            wanted[hub.urls.server_route(server->user_name, server->server_name)] = {server->url, route_data(*server),
                                                                                     server};
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
        wanted[hub.urls.service_route(service.name)] = {.target = origin_of(url->scheme, url->host, url->port),
                                                        .data = {{"service", service.name}},
                                                        .service = service.name};
    }
}

// A route of a server that is starting, stopping or being checked is somebody else's business right now; that of one
// that has become ready since the check began is right.
bool is_taken_care_of(Hub const& hub, std::string const& routespec, Json const& data)
{
    if (!data.contains("user") || !data["user"].is_string())
        return false;
    std::string const name =
        data.contains("server_name") && data["server_name"].is_string() ? data["server_name"].get<std::string>() : "";
    auto const server = hub.servers.find_by_name(data["user"].get<std::string>(), name);
    if (!server || !server->active())
        return false;
    return !server->ready() || hub.urls.server_route(server->user_name, server->server_name) == routespec;
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

// Whether the service was not deleted since the list was read. Asked again when something was committed meanwhile: a
// deletion takes its route away as soon as it is durable.
Async<bool> is_still_there(Hub& hub, std::string service)
{
    auto const look = [service](store::Transaction& transaction) {
        return store::find_service(transaction, service).has_value();
    };
    bool there = true;
    for (int tries = 0; there && tries < 5; ++tries) {
        auto const before = hub.store.rights_version();
        CO_TRY(there, co_await hub.store.read(look));
        if (before && before == hub.store.rights_version())
            break;
    }
    co_return there;
}

Async<> mend(Hub& hub, std::string routespec, WantedRoute route)
{
    if (!route.service.empty()) {
        CO_TRY(bool const there, co_await is_still_there(hub, route.service));
        if (!there)
            co_return Result<>{};
    }
    if (!route.still())
        co_return Result<>{};
    co_return co_await hub.proxy.add_route(std::move(routespec), std::move(route.target), std::move(route.data));
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
        CO_CHECK(co_await mend(hub, routespec, route));
    }
    for (auto const& [routespec, route] : present) {
        take_activity(hub, route.at("data"));
        if (wanted.contains(routespec) || is_taken_care_of(hub, routespec, route.at("data")))
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

// What Prometheus reads (reference http-pages.md §7). Counts people at that moment; all else was recorded before.
#include <array>

#include "hub/dispatch/request_context.hpp"
#include "hub/pages/tables.hpp"
#include "rbac/check.hpp"
#include "store/users.hpp"

namespace jhub::hub::pages {
namespace {

using http::Method;

struct CountPeople {
    Timestamp now;
    bool count_active = true;
    People operator()(store::Transaction& transaction) const
    {
        People people;
        people.users = store::count_users(transaction);
        if (count_active)
            people.active = People::Active{active(transaction, 1), active(transaction, 7), active(transaction, 30)};
        return people;
    }
    std::int64_t active(store::Transaction& transaction, int days) const
    {
        return store::count_users_active_since(transaction, now - std::chrono::days(days));
    }
};

// GET /metrics and /api/metrics
Async<http::Response> metrics(RequestContext& context)
{
    auto& hub = context.hub;
    bool const may = rbac::has_scope(context.principal.scopes, rbac::Scope::read_metrics, rbac::Target::everything(),
                                     rbac::no_memberships());
    if (hub.settings.hub.authenticate_prometheus && !may)
        co_return fail(Errc::forbidden, "Reading the metrics needs the scope read:metrics.");
    CountPeople const count{hub.now(), hub.settings.hub.active_users_metric};
    CO_TRY(People people, co_await hub.store.read(count));
    people.running_servers = static_cast<std::int64_t>(hub.servers.active());
    people.waiting_starts = static_cast<std::int64_t>(hub.launcher.waiting_starts());
    people.running_starts = static_cast<std::int64_t>(hub.launcher.pending_starts()) - people.waiting_starts;
    http::Response response;
    response.headers.set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    response.body = hub.metrics->text(people);
    co_return response;
}

} // namespace

std::span<Route const> metrics_routes()
{
    static constexpr std::array routes{
        Route{Method::get, "/metrics", rbac::decided_by_handler(), metrics},
        Route{Method::get, "/api/metrics", rbac::decided_by_handler(), metrics},
    };
    return routes;
}

} // namespace jhub::hub::pages

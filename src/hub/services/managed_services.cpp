#include "hub/services/managed_services.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "base/log.hpp"
#include "hub/core/deadline.hpp"
#include "hub/services/probe.hpp"
#include "store/services.hpp"

namespace jhub::hub::services {
namespace {

using namespace std::chrono_literals;

constexpr auto stop_patience = 60s; // more than all steps of one stop together

Async<> stop_one(ManagedService* service)
{
    co_await service->stop();
    co_return Result<>{};
}

} // namespace

Async<> ManagedServices::start()
{
    co_await end_leftovers(hub_, helper_);
    CO_TRY(auto const rows, co_await hub_.store.read(store::list_services));
    for (auto const& spec : hub_.settings.hub.services) {
        auto const row = std::ranges::find(rows, spec.name, &model::ServiceRow::name);
        bool const ours = row != rows.end() && row->from_config; // another one of the name came over the REST API
        if (spec.command.empty() || !ours || hub_.shutdown_requested.is_set())
            continue;
        services_.push_back(std::make_unique<ManagedService>(hub_, helper_, spec));
        CO_CHECK(co_await services_.back()->start());
        asio::co_spawn(hub_.executor, services_.back()->keep_running(), asio::detached);
    }
    co_await check_external_services(hub_);
    asio::co_spawn(hub_.executor, check_services_forever(hub_), asio::detached);
    co_return Result<>{};
}

Task<> ManagedServices::stop()
{
    std::vector<Beside<void>> stops;
    for (auto const& service : services_)
        stops.emplace_back(hub_.executor, stop_one(service.get()));
    for (auto& stop : stops)
        if (!co_await stop.wait(stop_patience))
            log::error("A service does not stop; going on without it");
}

} // namespace jhub::hub::services

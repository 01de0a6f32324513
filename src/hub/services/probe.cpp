#include "hub/services/probe.hpp"

#include <fmt/format.h>

#include "base/log.hpp"
#include "base/url.hpp"
#include "store/services.hpp"

namespace jhub::hub::services {
namespace {

using namespace std::chrono_literals;

enum class Which { all, external };

Task<> check_services(Hub& hub, Which which)
{
    auto const services = co_await hub.store.read(store::list_services);
    if (!services) {
        log::warning("Services could not be checked: {}", services.error().message);
        co_return;
    }
    for (auto const& service : *services) {
        bool const managed = service.command && !service.command->empty();
        if (hub.stopping.is_set() || service.url.value_or("").empty() || (managed && which == Which::external))
            continue;
        if (auto const answered = co_await probe(hub, service.name, *service.url); !answered)
            log::warning("Service {} at {} does not answer: {}", service.name, *service.url, answered.error().message);
    }
}

} // namespace

Async<> probe(Hub& hub, std::string name, std::string url)
{
    CO_TRY(auto const address, parse_url(url));
    http::ClientRequest request;
    request.url = address.origin() + hub.urls.service(name);
    request.connect_timeout = 1s;
    request.timeout = 1s;
    request.verify_tls = false; // only whether it answers matters; nothing secret is sent
    request.reuse_connection = false;
    auto const answer = co_await hub.http.send(std::move(request));
    if (!answer && answer.error().code == Errc::too_large) // it answers at length
        co_return Result<>{};
    if (!answer)
        co_return std::unexpected(answer.error());
    if (answer->status >= 500)
        co_return fail(Errc::unavailable, fmt::format("it answers with status {}", answer->status));
    co_return Result<>{};
}

Task<> check_external_services(Hub& hub) { co_await check_services(hub, Which::external); }

Task<> check_services_forever(Hub& hub)
{
    auto const interval = hub.settings.hub.service_check_interval;
    if (interval.count() <= 0)
        co_return;
    while (!co_await hub.stopping.wait(interval))
        co_await check_services(hub, Which::all);
}

} // namespace jhub::hub::services

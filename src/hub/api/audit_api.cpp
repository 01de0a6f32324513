// Reading the audit log. admin:users without a filter is what an administrator has: who holds it can make others
// administrators, so there is nothing to hide from them.
#include <charconv>

#include <fmt/format.h>

#include "hub/api/tables.hpp"
#include "hub/dispatch/request_context.hpp"
#include "hub/dispatch/responses.hpp"

namespace jhub::hub::api {
namespace {

constexpr std::size_t usual_count = 100;

Result<std::size_t> wanted_count(RequestContext const& context)
{
    auto const text = context.argument("limit");
    if (!text)
        return usual_count;
    std::size_t count = 0;
    auto const [end, error] = std::from_chars(text->data(), text->data() + text->size(), count);
    if (error != std::errc{} || end != text->data() + text->size() || count < 1 || count > AuditLog::kept)
        return fail(Errc::invalid_argument, fmt::format("limit must be a number from 1 to {}.", AuditLog::kept));
    return count;
}

// GET /audit: the latest entries, newest first.
Async<http::Response> latest(RequestContext& context)
{
    CO_TRY(auto const count, wanted_count(context));
    co_return json_response(context.hub.audit.latest(count));
}

} // namespace

std::span<Route const> audit_routes()
{
    static constexpr std::array routes{
        Route{http::Method::get, "/api/audit", rbac::needs(rbac::Scope::admin_users), latest},
    };
    return routes;
}

} // namespace jhub::hub::api

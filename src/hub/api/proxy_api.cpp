// The proxy's routes as the hub sees them (reference rest-api.md §3.1).
#include "hub/api/paging.hpp"
#include "hub/api/tables.hpp"
#include "hub/core/route_check.hpp"
#include "hub/dispatch/request_context.hpp"
#include "hub/dispatch/responses.hpp"

namespace jhub::hub::api {
namespace {

using http::Method;
using http::Status;
using rbac::Scope;

// GET /proxy
Async<http::Response> list_routes(RequestContext& context)
{
    CO_TRY(Paging const paging, paging_of(context));
    CO_TRY(auto const routes, co_await context.hub.proxy.routes());
    Json items = Json::object();
    std::int64_t index = 0;
    for (auto const& [routespec, route] : routes) {
        if (index >= paging.offset && index - paging.offset < paging.limit)
            items[routespec] = route;
        ++index;
    }
    co_return page_response(context, paging, std::move(items), index);
}

// POST /proxy: compare with the truth, repair.
Async<http::Response> check_now(RequestContext& context)
{
    CO_CHECK(co_await check_routes(context.hub));
    co_return empty_response(Status::ok, "application/json");
}

// PATCH /proxy: another proxy took over.
Async<http::Response> replace_proxy(RequestContext& context)
{
    CO_TRY(Json const body, context.json_object());
    if (body.is_null() || body.empty())
        co_return fail(Errc::invalid_argument, "The body must have api_url or auth_token.");
    for (auto const& [key, value] : body.items())
        if ((key != "api_url" && key != "auth_token") || !value.is_string())
            co_return fail(Errc::invalid_argument, "The body may only have api_url and auth_token, both texts.");
    auto const text = [&](char const* key) -> std::optional<std::string> {
        return body.contains(key) ? std::optional(body[key].get<std::string>()) : std::nullopt;
    };
    if (auto const api_url = text("api_url"); api_url && !parse_url(*api_url))
        co_return fail(Errc::invalid_argument, "api_url must be a URL.");
    if (auto const token = text("auth_token"))
        context.hub.forwarded.share(*token);
    context.hub.proxy.reconnect(text("api_url").value_or(context.hub.proxy.api_url()), text("auth_token"));
    CO_CHECK(co_await check_routes(context.hub));
    co_return empty_response(Status::ok, "application/json");
}

} // namespace

std::span<Route const> proxy_routes()
{
    static constexpr std::array routes{
        Route{Method::get, "/api/proxy", rbac::needs(Scope::proxy), list_routes},
        Route{Method::post, "/api/proxy", rbac::needs(Scope::proxy), check_now},
        Route{Method::patch, "/api/proxy", rbac::needs(Scope::proxy), replace_proxy},
    };
    return routes;
}

} // namespace jhub::hub::api

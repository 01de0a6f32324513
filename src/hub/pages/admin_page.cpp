// The administration page: users and their servers; its script asks the REST API for all that it shows (reference
// http-pages.md §10 "admin.html").
#include <array>

#include "hub/dispatch/page_renderer.hpp"
#include "hub/dispatch/request_context.hpp"
#include "hub/pages/objects.hpp"
#include "hub/pages/tables.hpp"

namespace jhub::hub::pages {
namespace {

// GET /admin
Async<http::Response> admin_page(RequestContext& context)
{
    auto const& hub = context.hub;
    jinja::Dict values;
    values.set("current_user", user_object(context, context.user()));
    values.set("auth_state", auth_state_of(context, context.user()));
    values.set("admin_access", true);
    values.set("allow_named_servers", hub.settings.hub.allow_named_servers);
    values.set("named_server_limit_per_user", hub.settings.hub.named_server_limit_per_user);
    values.set("server_version", jupyterhub_version);
    values.set("api_page_limit", hub.settings.hub.api_page_default_limit);
    co_return context.pages.render(context, "admin.html", std::move(values));
}

} // namespace

std::span<Route const> admin_routes()
{
    static constexpr std::array routes{
        Route{http::Method::get, "/admin", rbac::needs(rbac::Scope::admin_ui), admin_page},
    };
    return routes;
}

} // namespace jhub::hub::pages

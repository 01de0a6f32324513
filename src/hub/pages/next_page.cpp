#include "hub/pages/next_page.hpp"

#include "auth/next_url.hpp"

namespace jhub::hub::pages {
namespace {

std::string site_default(RequestContext const& context, model::User const* user)
{
    Hub const& hub = context.hub;
    std::string const& configured = context.default_url ? *context.default_url : hub.settings.hub.default_url;
    if (!configured.empty())
        return configured;
    if (!user || !hub.settings.hub.redirect_to_server)
        return hub.urls.hub("home");
    auto const server = hub.servers.find(user->id, "");
    return server && server->active() ? hub.urls.user_url(user->name) : hub.urls.hub("spawn");
}

} // namespace

std::optional<std::string> explicit_next(RequestContext const& context)
{
    auto const next = context.argument("next");
    if (!next || next->empty())
        return std::nullopt;
    auto const site = context.site();
    return auth::validate_next_url(*next, {site.scheme, site.host, context.hub.urls.subdomain_netloc()});
}

std::string next_page(RequestContext const& context, model::User const* user, std::optional<std::string> page_default)
{
    if (auto next = explicit_next(context))
        return *std::move(next);
    QueryFields kept;
    for (auto const& field : context.query)
        if (field.first != "next" && field.first != "_xsrf")
            kept.push_back(field);
    return with_query(page_default ? *page_default : site_default(context, user), build_query(kept));
}

} // namespace jhub::hub::pages

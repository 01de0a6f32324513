#include "hub/oauth/consent.hpp"

#include "hub/dispatch/page_renderer.hpp"
#include "hub/dispatch/scope_descriptions.hpp"
#include "rbac/oauth_scopes.hpp"

namespace jhub::hub::oauth {

Result<http::Response> consent_page(RequestContext& context, model::OAuthClient const& client,
                                    rbac::Client const& stands_for, std::vector<std::string> const& granted)
{
    auto const required = rbac::required_scopes(stands_for);
    bool const inherits = std::ranges::find(granted, "inherit") != granted.end();
    jinja::List allowed, descriptions;
    for (auto const& scope : granted) {
        if (inherits && scope != "inherit")
            continue;
        allowed.emplace_back(scope);
        if (std::ranges::find(required, scope) != required.end())
            continue;
        descriptions.push_back(describe_scope(scope, context.hub.scopes));
    }
    if (descriptions.empty())
        descriptions.push_back(describe_no_scope());

    jinja::Dict values;
    values.set("allowed_scopes", std::move(allowed));
    values.set("scope_descriptions", std::move(descriptions));
    values.set("oauth_client", jinja::Dict{{"description", client.description}, {"redirect_uri", client.redirect_uri}});
    values.set("auth_state", nullptr);
    return context.pages.render(context, "oauth.html", std::move(values));
}

} // namespace jhub::hub::oauth

#include "hub/oauth/consent.hpp"

#include <algorithm>

#include "hub/dispatch/page_renderer.hpp"
#include "hub/dispatch/scope_descriptions.hpp"
#include "rbac/oauth_scopes.hpp"
#include "rbac/raw_scope.hpp"

namespace jhub::hub::oauth {
namespace {

// What a scope is about: "user=ada" for "!user=ada", and for "!user" when ada is asked.
std::string target_of(rbac::RawScope const& scope, std::string const& user)
{
    return scope.filter == "user" ? "user=" + user : std::string(scope.filter);
}

// Whether `wider` already says that `scope` is allowed; of two that say the same the first stays in the list.
bool is_said_by(std::string const& wider, std::string const& scope, RequestContext const& context)
{
    auto const& registry = context.hub.scopes;
    auto const one = rbac::split_scope(scope), other = rbac::split_scope(wider);
    auto const wide = registry.find(other.base), narrow = registry.find(one.base);
    std::string const& user = context.user().name;
    if (&wider == &scope || !wide || !narrow || target_of(other, user) != target_of(one, user))
        return false;
    return *wide == *narrow ? &wider < &scope
                            : std::ranges::find(registry.closure(*wide), *narrow) != registry.closure(*wide).end();
}

} // namespace

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
        bool const is_required = std::ranges::find(required, scope) != required.end();
        if (is_required ||
            std::ranges::any_of(granted, [&](auto const& other) { return is_said_by(other, scope, context); }))
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

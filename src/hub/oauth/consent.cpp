#include "hub/oauth/consent.hpp"

#include "base/strings.hpp"
#include "hub/dispatch/page_renderer.hpp"
#include "rbac/oauth_scopes.hpp"
#include "rbac/scope_table.hpp"

namespace jhub::hub::oauth {
namespace {

jinja::Value describe(std::string_view scope, std::string_view sentence, std::string_view filter)
{
    return jinja::Dict{{"scope", scope}, {"description", sentence}, {"filter", filter}};
}

// "users!user=ada" → "Applies to user ada."
std::string filter_sentence(std::string_view scope)
{
    auto const mark = scope.find('!');
    if (mark == std::string_view::npos)
        return {};
    auto const filter = scope.substr(mark + 1);
    auto const equals = filter.find('=');
    if (equals == std::string_view::npos)
        return "Applies only to your own.";
    return "Applies to " + std::string(filter.substr(0, equals)) + " " + std::string(filter.substr(equals + 1)) + ".";
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
        if (std::ranges::find(required, scope) != required.end())
            continue;
        auto const known = context.hub.scopes.find(std::string_view(scope).substr(0, scope.find('!')));
        descriptions.push_back(
            describe(scope, known ? context.hub.scopes.sentence(*known) : "", filter_sentence(scope)));
    }
    if (descriptions.empty())
        descriptions.push_back(describe(rbac::no_scope_name, rbac::no_scope_sentence, ""));

    jinja::Dict values;
    values.set("allowed_scopes", std::move(allowed));
    values.set("scope_descriptions", std::move(descriptions));
    values.set("oauth_client", jinja::Dict{{"description", client.description}, {"redirect_uri", client.redirect_uri}});
    values.set("auth_state", nullptr);
    return context.pages.render(context, "oauth.html", std::move(values));
}

} // namespace jhub::hub::oauth

#include "rbac/resolve.hpp"

#include <algorithm>

#include "base/strings.hpp"
#include "rbac/check.hpp"
#include "rbac/raw_scope.hpp"

namespace jhub::rbac {
namespace {

bool contains(std::span<std::string const> texts, std::string_view text)
{
    return std::ranges::find(texts, text) != texts.end();
}

ScopeSet without(ScopeSet const& scopes, ScopeSet const& covered)
{
    std::vector<Holding> rest;
    std::ranges::copy_if(scopes, std::back_inserter(rest), [&](Holding const& h) { return !covered.covers(h); });
    return ScopeSet(std::move(rest));
}

ScopeSet role_scopes_of(Grants const& grants, Context const& context)
{
    return expand(grants.role_scopes, grants.owner, Client{}, context.registry).scopes;
}

} // namespace

ScopeSet resolve_owner(Grants const& grants, Context const& context)
{
    ScopeSet scopes = role_scopes_of(grants, context);
    if (grants.owner.kind == OwnerKind::user) {
        scopes.add(expand(grants.user_share_scopes, grants.owner, Client{}, context.registry).scopes);
        scopes.add(expand(grants.group_share_scopes, grants.owner, Client{}, context.registry).scopes);
    }
    return scopes;
}

ScopeSet resolve_token(Grants const& grants, std::span<std::string const> token_scopes, Client const& client,
                       Context const& context)
{
    ScopeSet owner_scopes = role_scopes_of(grants, context);
    if (grants.owner.kind == OwnerKind::user)
        owner_scopes.add(parse_expanded(grants.user_share_scopes, context.registry));
    if (contains(token_scopes, "inherit"))
        return owner_scopes;

    ScopeSet scopes = expand(token_scopes, grants.owner, client, context.registry).scopes;
    scopes.add(access_scopes(client));
    scopes.add(identify_scopes(grants.owner));
    return intersect(scopes, owner_scopes, context.memberships);
}

Resolution resolve_requested(std::span<std::string const> requested, std::span<std::string const> have,
                             Owner const& owner, Client const& client, Context const& context)
{
    Resolution resolution;
    for (std::string const& scope : requested) {
        if (contains(have, scope) && !contains(resolution.allowed, scope))
            resolution.allowed.push_back(scope);
    }
    ScopeSet granted = expand(resolution.allowed, owner, client, context.registry).scopes;
    ScopeSet const available = expand(have, owner, client, context.registry).scopes;

    for (std::string const& scope : requested) {
        if (contains(have, scope) || contains(resolution.allowed, scope) || contains(resolution.disallowed, scope))
            continue;
        if (!check_scope_exists(scope, context.registry)) {
            resolution.disallowed.push_back(scope);
            continue;
        }
        std::span<std::string const> const single(&scope, 1);
        ScopeSet const wanted = without(expand(single, owner, client, context.registry).scopes, granted);
        ScopeSet const possible = intersect(wanted, available, context.memberships);
        if (possible == wanted) {
            resolution.allowed.push_back(scope);
        } else {
            resolution.disallowed.push_back(scope);
            for (std::string& part : to_strings(possible, context.registry)) {
                if (!contains(resolution.allowed, part))
                    resolution.allowed.push_back(std::move(part));
            }
        }
        granted.add(possible);
    }
    return resolution;
}

Result<> check_token_scopes(std::span<std::string const> requested, Grants const& grants, Client const& client,
                            Context const& context)
{
    CHECK(check_scopes_exist(requested, context.registry));
    std::vector<std::string> named;
    std::ranges::copy_if(requested, std::back_inserter(named), [](std::string const& s) { return s != "inherit"; });
    if (named.empty())
        return {};
    ScopeSet const wanted = expand(named, grants.owner, client, context.registry).scopes;
    ScopeSet const available = resolve_owner(grants, context);
    ScopeSet const excess = without(wanted, intersect(wanted, available, context.memberships));
    if (excess.empty())
        return {};
    return fail(Errc::invalid_argument,
                "Not allowed for a token of " + printable(grants.owner.name) +
                    ", who does not have these scopes: " + join(to_strings(excess, context.registry), ", "));
}

Resolution server_token_scopes(std::span<std::string const> requested, std::span<std::string const> role_scopes,
                               std::string const& user_name, std::string const& server_name, Context const& context)
{
    std::vector<std::string> wanted;
    for (std::string const& scope : requested) {
        bool const names_server = scope.ends_with("!server");
        wanted.push_back(names_server ? scope + "=" + server_filter(user_name, server_name) : scope);
    }
    // A server that cannot report activity would be culled while it is used.
    auto const reports = [](std::string const& scope) {
        return scope == "users:activity!user" || scope == "users:activity" || scope == "inherit";
    };
    if (std::ranges::none_of(wanted, reports))
        wanted.emplace_back("users:activity!user");

    std::vector<std::string> have(role_scopes.begin(), role_scopes.end());
    have.emplace_back("inherit");
    return resolve_requested(wanted, have, Owner{OwnerKind::user, user_name}, Client{}, context);
}

} // namespace jhub::rbac

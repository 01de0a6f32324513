#include "rbac/check.hpp"

#include <algorithm>

#include "rbac/raw_scope.hpp"

namespace jhub::rbac {

std::string server_filter(std::string_view user_name, std::string_view server_name)
{
    return std::string(user_name).append("/").append(server_name);
}

bool has_scope(ScopeSet const& held, Scope scope, Target const& target, Memberships const& memberships)
{
    std::span<Holding const> const holdings = held.of(scope);
    if (holdings.empty())
        return false;
    if (holdings.front().kind == FilterKind::none)
        return true;
    if (target.kind == FilterKind::none)
        return false;

    bool const is_server = target.kind == FilterKind::server;
    std::string_view const user = is_server || target.kind == FilterKind::user
                                      ? target.value.substr(0, is_server ? target.value.find('/') : target.value.npos)
                                      : std::string_view();
    return std::ranges::any_of(holdings, [&](Holding const& holding) {
        if (holding.kind == target.kind)
            return holding.value == target.value;
        if (user.empty())
            return false;
        return (is_server && holding.kind == FilterKind::user && holding.value == user) ||
               (holding.kind == FilterKind::group && memberships.is_member(user, holding.value));
    });
}

bool has_scope(ScopeSet const& held, std::string_view text, ScopeRegistry const& registry,
               Memberships const& memberships)
{
    RawScope const raw = split_scope(text);
    std::optional<Scope> const scope = registry.find(raw.base);
    std::optional<Filter> const filter = parse_filter(raw);
    return scope && filter && has_scope(held, *scope, Target{filter->kind, filter->value}, memberships);
}

} // namespace jhub::rbac

#include "rbac/expand.hpp"

#include "base/strings.hpp"
#include "rbac/check.hpp"
#include "rbac/raw_scope.hpp"

namespace jhub::rbac {
namespace {

// A filter with an owner of its value.
struct Resolved {
    FilterKind kind = FilterKind::none;
    std::string value;
};

// Whom a placeholder stands for; nothing when nobody is known.
std::optional<Resolved> resolve_placeholder(std::string_view placeholder, Owner const& owner, Client const& client)
{
    if (placeholder == "user" && owner.kind == OwnerKind::user)
        return Resolved{FilterKind::user, owner.name};
    if (placeholder == "server" && client.kind == ClientKind::server)
        return Resolved{FilterKind::server, server_filter(client.user_name, client.server_name)};
    if (placeholder == "service" && client.kind == ClientKind::service)
        return Resolved{FilterKind::service, client.service_name};
    if (placeholder == "service" && owner.kind == OwnerKind::service)
        return Resolved{FilterKind::service, owner.name};
    return std::nullopt;
}

std::optional<Resolved> resolve_filter(RawScope const& raw, Owner const& owner, Client const& client)
{
    if (raw.is_placeholder())
        return resolve_placeholder(raw.filter, owner, client);
    if (auto const filter = parse_filter(raw))
        return Resolved{filter->kind, std::string(filter->value)};
    return std::nullopt;
}

// Access to a server says nothing about its owner.
bool is_left_out(std::string_view name, FilterKind kind)
{
    return kind == FilterKind::server && name.starts_with("read:user");
}

} // namespace

Expansion expand(std::span<std::string const> raw, Owner const& owner, Client const& client,
                 ScopeRegistry const& registry)
{
    std::vector<Holding> holdings;
    std::vector<std::string> dropped;
    for (std::string const& text : raw) {
        RawScope const written = split_scope(text);
        std::optional<Scope> const scope = registry.find(written.base);
        if (!scope) {
            dropped.push_back("Scope \"" + printable(text) + "\" does not exist (any more).");
            continue;
        }
        if (*scope == Scope::self) {
            if (owner.kind == OwnerKind::user && !written.has_filter) {
                ScopeSet const own = self_scopes(owner.name);
                holdings.insert(holdings.end(), own.begin(), own.end());
            } else {
                dropped.push_back("Scope \"" + printable(text) + "\" means something for users only, and unfiltered.");
            }
            continue;
        }
        std::optional<Resolved> const filter = resolve_filter(written, owner, client);
        if (!filter) {
            dropped.push_back("The filter of scope \"" + printable(text) + "\" stands for nobody here.");
            continue;
        }
        for (Scope const implied : registry.closure(*scope)) {
            if (!is_left_out(registry.name(implied), filter->kind))
                holdings.push_back({implied, filter->kind, filter->value});
        }
    }
    return {ScopeSet(std::move(holdings)), std::move(dropped)};
}

ScopeSet self_scopes(std::string_view user_name)
{
    static constexpr auto own = std::to_array<Scope>({
        Scope::read_users,
        Scope::read_users_name,
        Scope::read_users_groups,
        Scope::read_users_activity,
        Scope::users_activity,
        Scope::users_shares,
        Scope::read_users_shares,
        Scope::read_shares,
        Scope::servers,
        Scope::delete_servers,
        Scope::read_servers,
        Scope::tokens,
        Scope::read_tokens,
        Scope::access_servers,
    });
    std::vector<Holding> holdings;
    holdings.reserve(own.size());
    for (Scope const scope : own)
        holdings.push_back({scope, FilterKind::user, std::string(user_name)});
    return ScopeSet(std::move(holdings));
}

ScopeSet identify_scopes(Owner const& owner)
{
    switch (owner.kind) {
    case OwnerKind::user:
        return ScopeSet({{Scope::read_users_name, FilterKind::user, owner.name},
                         {Scope::read_users_groups, FilterKind::user, owner.name}});
    case OwnerKind::service:
        return ScopeSet({{Scope::read_services_name, FilterKind::service, owner.name}});
    case OwnerKind::group:
    case OwnerKind::none:
        break;
    }
    return {};
}

std::vector<std::string> identify_placeholders() { return {"read:users:name!user", "read:users:groups!user"}; }

ScopeSet access_scopes(Client const& client)
{
    switch (client.kind) {
    case ClientKind::server:
        return ScopeSet(
            {{Scope::access_servers, FilterKind::server, server_filter(client.user_name, client.server_name)}});
    case ClientKind::service:
        return ScopeSet({{Scope::access_services, FilterKind::service, client.service_name}});
    case ClientKind::hub:
    case ClientKind::unknown:
        break;
    }
    return {};
}

} // namespace jhub::rbac

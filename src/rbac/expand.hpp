// From scopes as written to scopes that can be checked: subscopes, placeholders and "self" (reference rbac.md §3, §4).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rbac/principals.hpp"
#include "rbac/scope_set.hpp"

namespace jhub::rbac {

struct Expansion {
    ScopeSet scopes;
    // What granted nothing and why, one sentence each: unknown names, placeholders without somebody to stand for.
    std::vector<std::string> dropped;
};

// client says whom "!server" and "!service" stand for. "inherit" stays as it is.
[[nodiscard]] Expansion expand(std::span<std::string const> raw, Owner const& owner, Client const& client,
                               ScopeRegistry const& registry);

// What "self" is for a user (reference rbac.md §4).
[[nodiscard]] ScopeSet self_scopes(std::string_view user_name);
// What a token always tells about its owner: user and groups, or the service's name.
[[nodiscard]] ScopeSet identify_scopes(Owner const& owner);
// The same before a user is known, as requests carry them: read:users:name!user and read:users:groups!user.
[[nodiscard]] std::vector<std::string> identify_placeholders();
// Access to the server or service that the client is; empty for plain API tokens.
[[nodiscard]] ScopeSet access_scopes(Client const& client);

} // namespace jhub::rbac

// Which scopes a request has: from roles, groups, shares and tokens to one ScopeSet (reference rbac.md §6), and which
// scopes may be put on a new token (§7.1, §7.2). Pure functions over plain data; nothing here is remembered.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "rbac/expand.hpp"
#include "rbac/intersect.hpp"

namespace jhub::rbac {

// What the database says about a user or service.
struct Grants {
    Owner owner;
    std::vector<std::string> role_scopes;        // raw, of all roles: own and of the groups
    std::vector<std::string> user_share_scopes;  // stored scopes of shares made to the user
    std::vector<std::string> group_share_scopes; // the same, of shares made to groups the user is in
};

struct Context {
    ScopeRegistry const& registry;
    Memberships const& memberships;
};

// A user with a login cookie, or a service without a token.
[[nodiscard]] ScopeSet resolve_owner(Grants const& grants, Context const& context);

// An API token. As upstream, shares made to a group count for cookies only, never through a token.
[[nodiscard]] ScopeSet resolve_token(Grants const& grants, std::span<std::string const> token_scopes,
                                     Client const& client, Context const& context);

// Resolve(requested, have) of §7.4. allowed keeps the order of requested and is what gets stored on the code or token.
struct Resolution {
    std::vector<std::string> allowed;
    std::vector<std::string> disallowed;
};
[[nodiscard]] Resolution resolve_requested(std::span<std::string const> requested, std::span<std::string const> have,
                                           Owner const& owner, Client const& client, Context const& context);

// §7.1: may a token with these raw scopes be made for the owner? Errc::invalid_argument names the scopes that do not
// exist or that the owner does not have.
[[nodiscard]] Result<> check_token_scopes(std::span<std::string const> requested, Grants const& grants,
                                          Client const& client, Context const& context);

// §7.2: what goes on the token of a single-user server. requested: Spawner.server_token_scopes or the scopes of the
// role "server"; role_scopes: raw scopes of the user's roles.
[[nodiscard]] Resolution server_token_scopes(std::span<std::string const> requested,
                                             std::span<std::string const> role_scopes, std::string const& user_name,
                                             std::string const& server_name, Context const& context);

} // namespace jhub::rbac

// Which scopes an OAuth login grants (reference rbac.md §7.3, §7.4). Pure.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rbac/resolve.hpp"

namespace jhub::rbac {

// The ceiling stored with a client: what was configured for it and access to itself, sorted.
[[nodiscard]] std::vector<std::string> client_allowed_scopes(std::span<std::string const> configured,
                                                             Client const& client);

// Scopes of a role by its name; nullopt when there is no such role.
using RoleLookup = std::function<std::optional<std::vector<std::string>>(std::string_view)>;

struct OAuthRequest {
    std::string scope;                       // the parameter: names separated by blanks, may be empty
    std::vector<std::string> client_allowed; // stored with the client
    Owner owner;                             // the user who logs in
    Client client;
};

// §7.4 steps 1 to 3: what the request asks for. Errc::forbidden when the client may not ask for it, and
// Errc::invalid_argument when a name is neither scope nor role; both are sent as invalid_scope.
[[nodiscard]] Result<std::vector<std::string>> requested_scopes(OAuthRequest const& request, RoleLookup const& roles,
                                                                Context const& context);

// §7.4 step 4: what the user can grant of it. disallowed is for the log only.
[[nodiscard]] Resolution granted_scopes(std::span<std::string const> requested,
                                        std::span<std::string const> user_role_scopes, OAuthRequest const& request,
                                        Context const& context);

// The scopes that a request of this client always carries: identity and access to itself.
[[nodiscard]] std::vector<std::string> required_scopes(Client const& client);

} // namespace jhub::rbac

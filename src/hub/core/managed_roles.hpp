// Roles that the authenticator keeps (manage_roles, reference rbac.md §8): the complete list of a person's roles comes
// with each login. Functions of a Transaction: to be called inside a unit of the store.
#pragma once

#include <set>
#include <string>

#include "auth/login_rules.hpp"
#include "base/clock.hpp"
#include "base/json.hpp"
#include "config/settings.hpp"
#include "model/user.hpp"
#include "rbac/scope_registry.hpp"
#include "store/transaction.hpp"

namespace jhub::hub {

// {"name", "description", "scopes", "users", "groups", "services"}: all but the name may be missing.
// Errc::conflict says what is wrong.
[[nodiscard]] Result<config::RoleSpec> role_definition(Json const& role);

struct ManagedRoles {
    rbac::ScopeRegistry const& scopes;
    auth::LoginRules const& rules;
    std::set<std::string> configured; // names of roles that are not the authenticator's to change or delete
    Timestamp now;
};

// Makes the roles that are missing, gives the person these and no others, and deletes managed roles that nobody holds
// any more. Errc::conflict for a definition that is none, an unknown scope or an unknown service; then nothing changes.
[[nodiscard]] Result<> set_managed_roles(store::Transaction& transaction, ManagedRoles const& input,
                                         model::User const& user, Json const& roles);

// Who holds the role, of each kind that the definition names. Errc::conflict for an unknown service.
[[nodiscard]] Result<> set_named_holders(store::Transaction& transaction, ManagedRoles const& input,
                                         config::RoleSpec const& spec, std::int64_t role_id);

} // namespace jhub::hub

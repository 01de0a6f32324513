// Brings the database in line with the configuration at every start: roles, users, groups, services, tokens, who holds
// which role (reference rbac.md §8, database.md §5). One unit of the store: all of it, or nothing.
#pragma once

#include <string>
#include <vector>

#include "auth/login_rules.hpp"
#include "base/clock.hpp"
#include "config/settings.hpp"
#include "rbac/scope_registry.hpp"
#include "store/transaction.hpp"

namespace jhub::hub {

struct DatabaseSetup {
    config::HubSettings const& settings;
    config::AuthenticatorSettings const& authenticator;
    auth::LoginRules const& rules;
    rbac::ScopeRegistry const& scopes;
    Timestamp now;
};

// Errc::invalid_argument names what in the configuration cannot be done. Warnings are appended.
Result<> prepare_database(store::Transaction& transaction, DatabaseSetup const& setup,
                          std::vector<std::string>& warnings);

} // namespace jhub::hub

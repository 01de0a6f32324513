// The first half of a start: secrets, database, rules, roles. Blocks; nothing serves yet.
#pragma once

#include <memory>

#include "auth/anonymous_id.hpp"
#include "hub/startup/serve.hpp"
#include "rbac/scope_registry.hpp"
#include "store/store.hpp"

namespace jhub::hub {

struct Opened {
    std::string cookie_secret;
    auth::AnonymousId anonymous_id;
    auth::LoginRules rules;
    rbac::ScopeRegistry scopes;
    std::unique_ptr<store::Store> store;
};

// `jupyterhub upgrade-db`: brings the database to our revision, if it has an older one.
Result<> upgrade_database(config::HubSettings const& settings);

Result<Opened> open_everything(asio::any_io_executor executor, ServeInput const& input);

} // namespace jhub::hub

// Makes the exchangeable parts of a hub from its settings: who may log in, how servers are started.
#pragma once

#include <memory>

#include "auth/authenticator.hpp"
#include "auth/system_accounts.hpp"
#include "config/load.hpp"
#include "config/settings.hpp"
#include "hub/core/launcher.hpp"
#include "privileged/helper.hpp"
#include "python/live_host.hpp"

namespace jhub::hub {

// What the plain settings cannot tell: whether an option was set at all.
struct AllowOptions {
    std::optional<bool> allow_all, allow_existing_users;
    bool names_as_given = false; // the site's class spells names; those of the configuration have been through it
    bool unconfigured = false;   // nothing at all is configured: everybody with a password may enter
};

[[nodiscard]] AllowOptions allow_options(config::Loaded const& loaded);

[[nodiscard]] Result<auth::LoginRules> make_login_rules(config::AuthenticatorSettings const& settings,
                                                        AllowOptions const& allow);

// accounts must outlive the authenticator.
[[nodiscard]] Result<std::unique_ptr<auth::Authenticator>>
make_authenticator(config::AuthenticatorSettings const& settings, auth::LoginRules const& rules,
                   auth::SystemAccounts& accounts);

// The same for a class of the site; told is what the Python process says of it. host and accounts must outlive it.
[[nodiscard]] Result<std::unique_ptr<auth::Authenticator>>
make_python_authenticator(config::Settings const& settings, auth::LoginRules const& rules,
                          auth::SystemAccounts& accounts, python::LiveHost& host, Json const& told);

// helper must outlive the spawners.
[[nodiscard]] SpawnerFactory make_spawner_factory(privileged::Helper& helper, std::string log_dir,
                                                  std::string pam_service);

} // namespace jhub::hub

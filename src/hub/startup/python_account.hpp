// As whom functions and classes of the configuration run: c.JupyterHub.run_python_as (docs/decisions/0014).
#pragma once

#include <optional>
#include <string>

#include "config/settings.hpp"
#include "privileged/hub_account.hpp"

namespace jhub::hub {

// The account that this process has now.
[[nodiscard]] privileged::HubAccount this_account();

// Chooses it and logs what was chosen and how to choose another. hub: the account that the hub goes on as, empty when
// it stays what it is. not_as_root: why the configuration's Python should not be root, "" when nothing speaks against
// it. Errc::invalid_argument when the option names an account that cannot be used. Not with other threads running.
[[nodiscard]] Result<privileged::HubAccount> choose_python_account(config::Settings const& settings,
                                                                   std::optional<privileged::HubAccount> const& hub,
                                                                   std::string const& not_as_root);

} // namespace jhub::hub

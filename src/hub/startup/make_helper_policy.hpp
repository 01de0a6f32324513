// What the helper may do for this hub, out of the configuration: settled while the hub is still root.
#pragma once

#include "config/load.hpp"
#include "config/settings.hpp"
#include "privileged/helper_policy.hpp"

namespace jhub::hub {

// Everything but whose requests it takes; as root with what /etc/jupyterhub/helper-policy says.
// Errc::invalid_argument with the place of what is wrong there, or in c.JupyterHub.helper_policy.
[[nodiscard]] Result<privileged::HelperPolicy> make_helper_policy(config::Settings const& settings,
                                                                  config::Environment const& environment);

} // namespace jhub::hub

// What the helper may do for this hub, out of the configuration: settled while the hub is still root.
#pragma once

#include "config/load.hpp"
#include "config/settings.hpp"
#include "privileged/helper_policy.hpp"

namespace jhub::hub {

// Everything but whose requests it takes.
[[nodiscard]] privileged::HelperPolicy make_helper_policy(config::Settings const& settings,
                                                          config::Environment const& environment);

} // namespace jhub::hub

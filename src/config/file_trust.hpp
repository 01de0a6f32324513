// Whether root may run what stands in a configuration file: whoever can change it becomes root.
#pragma once

#include <string>

#include "config/load.hpp"

namespace jhub::config {

// Looks at the file, at every directory and every link on the way to it. Empty: nobody but root, and the person who
// called sudo, can change what is read there; or this process is not root. Otherwise the place, and who can.
[[nodiscard]] std::string who_can_change(std::string const& file, Environment const& environment);

} // namespace jhub::config

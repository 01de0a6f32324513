// Options that are known and change nothing here: whoever sets one is told so, with the reason.
#pragma once

#include <string>
#include <vector>

#include "config/config.hpp"

namespace jhub::config {

// One line for each that was set.
void warn_of_options_without_effect(Config const& config, std::vector<std::string>& warnings);

} // namespace jhub::config

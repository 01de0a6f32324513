// Old names of options: their values are copied to the new ones, with a warning (reference config.md §9).
#pragma once

#include <string>
#include <vector>

#include "config/config.hpp"

namespace jhub::config {

// in_use: the classes whose options count.
[[nodiscard]] Result<> copy_replaced_names(Sections& sections, std::vector<std::string> const& in_use,
                                           std::vector<std::string>& warnings);

// The warning for an option that was set although it is old or has no effect; nothing for the others.
void warn_of_old_name(Option const& option, Origin const& origin, std::vector<std::string>& warnings);

} // namespace jhub::config

// Jinja's built-in functions: range, dict, namespace, cycler, joiner.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "jinja/value.hpp"

namespace jhub::jinja {

[[nodiscard]] std::vector<std::pair<std::string_view, Value>> built_in_globals();

} // namespace jhub::jinja

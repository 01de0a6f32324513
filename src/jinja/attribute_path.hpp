// attribute="owner.name" as sort, map and others take it: dots lead further in, digits are indices.
#pragma once

#include "jinja/value.hpp"

namespace jhub::jinja {

[[nodiscard]] Value at_path(Value const& value, Value const& path);
// Several paths with commas between, for sort.
[[nodiscard]] List at_paths(Value const& value, Value const& paths);
// Small letters, for comparisons that ignore case; not text: as it is.
[[nodiscard]] Value without_case(Value const& value);

} // namespace jhub::jinja

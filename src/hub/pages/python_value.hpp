// A value of the configuration as templates see it: with the tags of config/value.hpp read, so that a Python tuple is a
// tuple again and a set a list in its order.
#pragma once

#include "base/json.hpp"
#include "jinja/value.hpp"

namespace jhub::hub::pages {

[[nodiscard]] jinja::Value python_value(Json const& value);

} // namespace jhub::hub::pages

// Values as JSON inside HTML: what the tojson filter writes.
#pragma once

#include <cstdint>
#include <string>

#include "jinja/value.hpp"

namespace jhub::jinja {

// As Jinja2: keys sorted, ASCII only, and <, >, & and ' written as \u003c … so that it may stand in a script element
// and in an attribute in single quotes. indent < 0: one line.
[[nodiscard]] std::string html_safe_json(Value const& value, std::int64_t indent = -1);

} // namespace jhub::jinja

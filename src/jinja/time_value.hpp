// A point in time as templates see it: Python's naive UTC datetime. `{{ spawner.last_activity.isoformat() + "Z" }}`,
// .strftime("%Y-%m-%d"), .timestamp(), .year … .microsecond; prints as "2026-01-02 03:04:05.678901".
#pragma once

#include <optional>

#include "base/clock.hpp"
#include "jinja/value.hpp"

namespace jhub::jinja {

[[nodiscard]] Value time_value(Timestamp time);
[[nodiscard]] Value time_value(std::optional<Timestamp> time); // None when empty

} // namespace jhub::jinja

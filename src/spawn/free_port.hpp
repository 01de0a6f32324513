// A port that nobody listens on just now.
#pragma once

#include <cstdint>

#include "base/result.hpp"

namespace jhub::spawn {

// Bound on all interfaces and closed again, as upstream: the server may listen wherever it is configured to. Another
// program may take it before the server does; the server then says so in its output.
[[nodiscard]] Result<std::uint16_t> free_port();

} // namespace jhub::spawn

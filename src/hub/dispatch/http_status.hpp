// The one place where an Errc becomes an HTTP status.
#pragma once

#include "base/result.hpp"
#include "http/status.hpp"

namespace jhub::hub {

[[nodiscard]] http::Status status_of(Errc code);

} // namespace jhub::hub

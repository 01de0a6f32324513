// Giving up what the proxy does not need once its ports are bound.
#pragma once

#include <string>

#include "base/result.hpp"

namespace jhub::proxy {

// Becomes the user for good, with his groups only, and checks that there is no way back. Before threads start.
[[nodiscard]] Result<> become_user(std::string const& name);
// No core dumps, no tracing by the same user, no new privileges through executed programs.
void forbid_inspection();

} // namespace jhub::proxy

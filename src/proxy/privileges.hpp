// Giving up what the proxy does not need once its ports are bound (docs/decisions/0011).
#pragma once

#include <string>

#include "base/result.hpp"

namespace jhub::proxy {

// Becomes the user for good, with his groups only, and checks that there is no way back. Before threads start.
[[nodiscard]] Result<> become_user(std::string const& name);
// No core dumps, no tracing by the same user, no new privileges through executed programs. Becoming a user takes part
// of it back, so it is called after that, too.
void forbid_inspection();
// From here on no thread of this process can trace, mount, load code into the kernel, or make sockets other than Unix
// and IP ones (seccomp), nor, with Programs::denied, run programs and fork; such calls fail with EPERM. What it runs
// inherits that. Errc::failed where the system has no filters.
enum class Programs { denied, allowed };
[[nodiscard]] Result<> restrict_system_calls(Programs programs = Programs::denied);

} // namespace jhub::proxy

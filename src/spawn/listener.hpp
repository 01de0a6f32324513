// Who listens at a port of this machine, as the kernel tells. A server is announced a port before it listens there, and
// whoever can run programs here may be faster.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <set>
#include <string>

#include "base/result.hpp"

namespace jhub::spawn {

// The accounts whose sockets take connections to that address; of an ip that is no number, those at any address.
// Does not wait. Errc::unavailable when the kernel does not tell.
[[nodiscard]] Result<std::set<uid_t>> listeners(std::string const& ip, std::uint16_t port);

} // namespace jhub::spawn

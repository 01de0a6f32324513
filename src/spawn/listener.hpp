// Whose sockets these are, as the kernel tells: who listens at a port of this machine, since a server is announced a
// port before it listens there, and whoever can run programs here may be faster; and who is at the other end of a
// connection.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "base/result.hpp"

namespace jhub::spawn {

// The accounts whose sockets take connections to that address; of an ip that is no number, those at any address.
// Does not wait. Errc::unavailable when the kernel does not tell.
[[nodiscard]] Result<std::set<uid_t>> listeners(std::string const& ip, std::uint16_t port);

struct End {
    std::string address; // numeric
    std::uint16_t port = 0;
};
// The account of the open connection from here to there, `from` being the end that is asked about. Nothing when it is
// not on this machine (or in another network namespace), not open any more, or the kernel does not tell.
[[nodiscard]] std::optional<uid_t> connection_account(End const& from, End const& to);

} // namespace jhub::spawn

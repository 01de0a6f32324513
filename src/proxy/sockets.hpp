// Socket options and listening sockets.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/account.hpp"
#include "base/descriptor.hpp"
#include "base/result.hpp"

namespace jhub::proxy {

// For a fresh socket to or from peer: no delay, no pacing inside the machine, and keep-alive probes after that many
// seconds of silence, which find a dead peer a minute later; 0: none. From any thread.
void set_stream_options(int descriptor, sockaddr_storage const& peer, int keep_alive_seconds);

struct Listening {
    std::vector<Descriptor> sockets; // one for each worker and address
    std::uint16_t port = 0;          // the one bound
};

// With the brackets that an IPv6 address has in a URL.
[[nodiscard]] std::string host_in_url(std::string_view host);

// Listens `copies` times on each address of the host; the kernel spreads connections over the copies. host "": all
// interfaces, IPv6 and IPv4. port 0: any. Errc::conflict "address in use" when anybody listens there already,
// Errc::forbidden when the port takes a right that this process has not.
[[nodiscard]] Result<Listening> listen_tcp(std::string const& host, std::uint16_t port, std::size_t copies);
// The port a listening socket is bound to.
[[nodiscard]] std::uint16_t bound_port(int descriptor);
// A stale socket file is replaced; a live one is Errc::conflict. mode: permission bits.
[[nodiscard]] Result<Descriptor> listen_unix(std::string const& path, unsigned mode,
                                             Account const& owner = this_account());

} // namespace jhub::proxy

// Packets of a local socket, and the file descriptors that travel with them.
#pragma once

#include <sys/types.h>

#include <span>
#include <string_view>
#include <vector>

namespace jhub {

// As many as the kernel takes with one packet.
inline constexpr std::size_t most_descriptors = 253;

// As sendmsg, never with SIGPIPE: the size, or -1 and errno. The descriptors stay the caller's. flags: MSG_DONTWAIT.
ssize_t send_packet(int socket, std::string_view bytes, std::span<int const> descriptors = {}, int flags = 0);

// As recvmsg: the size, 0 at the end, -1 and errno; EMSGSIZE when the packet or its descriptors did not fit. The
// descriptors are the caller's then; there are none after an error.
ssize_t receive_packet(int socket, std::span<char> room, std::vector<int>& descriptors, int flags = 0);

// For packets that carry one descriptor, or none when it is negative; must not outlive it.
[[nodiscard]] inline std::span<int const> one_or_none(int const& descriptor)
{
    return {&descriptor, descriptor < 0 ? std::size_t{0} : std::size_t{1}};
}

} // namespace jhub

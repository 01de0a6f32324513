#include "spawn/free_port.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "base/descriptor.hpp"

namespace jhub::spawn {

Result<std::uint16_t> free_port()
{
    Descriptor const descriptor(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET; // port 0, any address
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    int const number = descriptor.get();
    if (number < 0 || bind(number, generic, size) != 0 || getsockname(number, generic, &size) != 0)
        return fail(Errc::failed, "There is no free port for the server.", strerror(errno));
    return ntohs(address.sin_port);
}

} // namespace jhub::spawn

#include "spawn/free_port.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace jhub::spawn {

Result<std::uint16_t> free_port()
{
    int const fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET; // port 0, any address
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    bool const found = fd >= 0 && bind(fd, generic, size) == 0 && getsockname(fd, generic, &size) == 0;
    int const error = errno;
    if (fd >= 0)
        close(fd);
    if (!found)
        return fail(Errc::failed, "There is no free port for the server.", strerror(error));
    return ntohs(address.sin_port);
}

} // namespace jhub::spawn

#include "proxy/service_manager.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "base/log.hpp"
#include "proxy/sockets.hpp"

namespace jhub::proxy {
namespace {

std::string_view variable(char const* name)
{
    char const* const value = std::getenv(name); // NOLINT: nobody changes the environment after the start
    return value == nullptr ? std::string_view{} : value;
}

} // namespace

bool is_main_process(int pid) { return variable(main_process_variable) == std::to_string(pid); }

void tell_main_process(int pid)
{
    std::string_view const path = variable("NOTIFY_SOCKET");
    sockaddr_un address{};
    if (path.empty() || path.size() >= sizeof address.sun_path)
        return;
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, path.size());
    if (path.starts_with('@')) // a name that is in no file system
        address.sun_path[0] = '\0';
    auto const size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
    std::string const text = fmt::format("MAINPID={}\n", pid);
    Descriptor const out(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (sendto(out.get(), text.data(), text.size(), MSG_NOSIGNAL, reinterpret_cast<sockaddr const*>(&address), // NOLINT
               size) < 0)
        log::warning("the service manager does not know of process {}: {}", pid, std::strerror(errno));
}

} // namespace jhub::proxy

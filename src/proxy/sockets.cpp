#include "proxy/sockets.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "base/guarded_file.hpp"
#include "base/strings.hpp"
#include "proxy/resolver.hpp"

namespace jhub::proxy {
namespace {

constexpr int backlog = 4096;

void set(int descriptor, int level, int option, int value)
{
    setsockopt(descriptor, level, option, &value, sizeof value);
}

sockaddr const* generic(Address const& address)
{
    return reinterpret_cast<sockaddr const*>(&address.storage);
} // NOLINT: C interface

void set_port(Address& address, std::uint16_t port)
{
    if (address.storage.ss_family == AF_INET6)
        reinterpret_cast<sockaddr_in6*>(&address.storage)->sin6_port = htons(port); // NOLINT: C interface
    else
        reinterpret_cast<sockaddr_in*>(&address.storage)->sin_port = htons(port); // NOLINT: C interface
}

enum class Sharing { alone, with_copies };

// errno tells why when the descriptor is -1.
Descriptor bound(Address const& address, Sharing sharing)
{
    Descriptor descriptor(socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (descriptor.get() < 0)
        return descriptor;
    set(descriptor.get(), SOL_SOCKET, SO_REUSEADDR, 1);
    if (sharing == Sharing::with_copies)
        set(descriptor.get(), SOL_SOCKET, SO_REUSEPORT, 1);
    if (address.storage.ss_family == AF_INET6) {
        bool const any =
            IN6_IS_ADDR_UNSPECIFIED(&reinterpret_cast<sockaddr_in6 const*>(&address.storage)->sin6_addr); // NOLINT
        set(descriptor.get(), IPPROTO_IPV6, IPV6_V6ONLY, any ? 0 : 1);
    }
    if (bind(descriptor.get(), generic(address), address.size) != 0 || listen(descriptor.get(), backlog) != 0)
        return Descriptor();
    return descriptor;
}

Errc error_of(int number)
{
    if (number == EADDRINUSE)
        return Errc::conflict;
    return number == EACCES ? Errc::forbidden : Errc::failed;
}

bool is_loopback(sockaddr_storage const& address)
{
    if (address.ss_family == AF_INET)
        return (ntohl(reinterpret_cast<sockaddr_in const&>(address).sin_addr.s_addr) >> 24U) ==
               IN_LOOPBACKNET;                                                      // NOLINT
    in6_addr const& six = reinterpret_cast<sockaddr_in6 const&>(address).sin6_addr; // NOLINT: C interface
    return IN6_IS_ADDR_LOOPBACK(&six) || (IN6_IS_ADDR_V4MAPPED(&six) && six.s6_addr[12] == IN_LOOPBACKNET);
}

// BBR spreads what it sends over time, by timers. Inside the machine that only costs: half as much CPU again for a
// large body, measured. The system's choice stands for all connections that leave the machine.
constexpr std::string_view unpaced = "reno"; // every kernel has it, every process may choose it

bool paces_by_default(int fresh_socket)
{
    static bool const paces = [fresh_socket] {
        std::array<char, 16> name{};
        socklen_t size = name.size();
        return getsockopt(fresh_socket, IPPROTO_TCP, TCP_CONGESTION, name.data(), &size) == 0 &&
               std::string_view(name.data()).starts_with("bbr");
    }();
    return paces;
}

bool is_live(std::string const& path)
{
    Descriptor const probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    Address const address = unix_address(path);
    return connect(probe.get(), generic(address), address.size) == 0;
}

} // namespace

void set_stream_options(int descriptor, sockaddr_storage const& peer, int keep_alive_seconds)
{
    if (peer.ss_family != AF_INET && peer.ss_family != AF_INET6)
        return;
    set(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
    if (is_loopback(peer) && paces_by_default(descriptor))
        setsockopt(descriptor, IPPROTO_TCP, TCP_CONGESTION, unpaced.data(), unpaced.size());
    if (keep_alive_seconds == 0)
        return;
    set(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
    set(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, keep_alive_seconds);
    set(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, 10);
    set(descriptor, IPPROTO_TCP, TCP_KEEPCNT, 6);
}

std::uint16_t bound_port(int descriptor)
{
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    getsockname(descriptor, reinterpret_cast<sockaddr*>(&storage), &size); // NOLINT: C interface
    if (storage.ss_family == AF_INET6)
        return ntohs(reinterpret_cast<sockaddr_in6*>(&storage)->sin6_port); // NOLINT: C interface
    return ntohs(reinterpret_cast<sockaddr_in*>(&storage)->sin_port);       // NOLINT: C interface
}

std::string host_in_url(std::string_view host)
{
    return host.find(':') == std::string_view::npos ? std::string(host) : fmt::format("[{}]", host);
}

Result<Listening> listen_tcp(std::string const& host, std::uint16_t port, std::size_t copies)
{
    Addresses addresses;
    if (host.empty()) {
        addresses = numeric_addresses("::", port);
        if (bound(addresses.at(0), Sharing::alone).get() < 0 && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL))
            addresses = numeric_addresses("0.0.0.0", port); // a machine without IPv6
    } else {
        TRY(addresses, look_up(host, port));
    }
    Listening result{.port = port};
    std::string problem = "no address";
    for (Address address : addresses) {
        set_port(address, result.port);
        // Copies may share a port with each other, but nobody else's: a first socket finds out, before sharing starts.
        int const first = bound(address, Sharing::alone).get();
        if (first < 0) {
            problem = std::strerror(errno);
            if (errno == EADDRNOTAVAIL || errno == EAFNOSUPPORT)
                continue; // such as ::1 for "localhost" without IPv6
            auto const code = error_of(errno);
            return fail(
                code,
                fmt::format("cannot listen on {}:{}: {}{}", host.empty() ? "*" : host_in_url(printable(host)),
                            result.port, problem,
                            code == Errc::conflict ? " (EADDRINUSE: the port is in use by another program)" : ""));
        }
        for (std::size_t i = 0; i < copies; ++i) {
            Descriptor descriptor = bound(address, Sharing::with_copies);
            if (descriptor.get() < 0)
                return fail(Errc::failed, fmt::format("cannot listen on {}:{}: {}", host_in_url(printable(host)),
                                                      result.port, std::strerror(errno)));
            if (result.port == 0) {
                result.port = bound_port(descriptor.get());
                set_port(address, result.port);
            }
            result.sockets.push_back(std::move(descriptor));
        }
    }
    if (result.sockets.empty())
        return fail(Errc::failed,
                    fmt::format("cannot listen on {}:{}: {}", host_in_url(printable(host)), port, problem));
    return result;
}

Result<Descriptor> listen_unix(std::string const& path, unsigned mode, Account const& owner)
{
    if (path.size() >= sizeof(sockaddr_un::sun_path))
        return fail(Errc::invalid_argument, "the socket path is too long: " + printable(path));
    // The way there was looked at: nobody else can change it between that and these calls by name.
    auto const listen_there = [&path, mode](GuardedPlace const&) -> Result<Descriptor> {
        struct stat status{};
        if (lstat(path.c_str(), &status) == 0) {
            if (!S_ISSOCK(status.st_mode))
                return fail(Errc::conflict, "exists and is no socket: " + printable(path));
            if (is_live(path))
                return fail(Errc::conflict, fmt::format("{} is in use by another program", printable(path)));
            unlink(path.c_str());
        }
        mode_t const before = umask(0777 & ~mode);
        Descriptor descriptor = bound(unix_address(path), Sharing::alone);
        int const error = errno;
        umask(before);
        if (descriptor.get() < 0)
            return fail(Errc::failed, fmt::format("cannot listen on {}: {}", printable(path), std::strerror(error)));
        return descriptor;
    };
    return at_guarded_place(path, owner, listen_there);
}

} // namespace jhub::proxy

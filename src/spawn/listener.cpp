#include "spawn/listener.hpp"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/descriptor.hpp"

namespace jhub::spawn {
namespace {

using Address = std::array<std::uint8_t, 16>; // IPv4 as ::ffff:a.b.c.d

constexpr Address mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

class Question {
  public:
    Question() : socket_(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG))
    {
        timeval const patience{.tv_sec = 1, .tv_usec = 0}; // the kernel answers at once, or is broken
        setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    }

    bool ask(int family, std::uint16_t port) const
    {
        struct {
            nlmsghdr head{};
            inet_diag_req_v2 request{};
        } question;
        question.head.nlmsg_len = sizeof question;
        question.head.nlmsg_type = SOCK_DIAG_BY_FAMILY;
        question.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
        question.request.sdiag_family = static_cast<std::uint8_t>(family);
        question.request.sdiag_protocol = IPPROTO_TCP;
        question.request.idiag_states = 1U << TCP_LISTEN;
        question.request.id.idiag_sport = htons(port);
        return send(socket_.get(), &question, sizeof question, 0) == sizeof question;
    }

    // About one connection; the answer is a single message.
    std::optional<inet_diag_msg> ask_connection(int family, End const& from, End const& to) const
    {
        struct {
            nlmsghdr head{};
            inet_diag_req_v2 request{};
        } question;
        auto& id = question.request.id;
        question.head.nlmsg_len = sizeof question;
        question.head.nlmsg_type = SOCK_DIAG_BY_FAMILY;
        question.head.nlmsg_flags = NLM_F_REQUEST;
        question.request.sdiag_family = static_cast<std::uint8_t>(family);
        question.request.sdiag_protocol = IPPROTO_TCP;
        question.request.idiag_states = ~0U;
        id.idiag_sport = htons(from.port);
        id.idiag_dport = htons(to.port);
        id.idiag_cookie[0] = id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
        if (inet_pton(family, from.address.c_str(), id.idiag_src) != 1 ||
            inet_pton(family, to.address.c_str(), id.idiag_dst) != 1 ||
            send(socket_.get(), &question, sizeof question, 0) != sizeof question)
            return std::nullopt;
        alignas(nlmsghdr) std::array<char, 4 * 1024> buffer;
        ssize_t const size = recv(socket_.get(), buffer.data(), buffer.size(), 0);
        auto const* const head = reinterpret_cast<nlmsghdr const*>(buffer.data());
        if (size < static_cast<ssize_t>(NLMSG_LENGTH(sizeof(inet_diag_msg))) || head->nlmsg_type != SOCK_DIAG_BY_FAMILY)
            return std::nullopt;
        inet_diag_msg socket;
        std::memcpy(&socket, NLMSG_DATA(head), sizeof socket);
        return socket;
    }

    // Calls found(inet_diag_msg) for each socket. False: the kernel does not tell.
    template <typename Found> bool answer(Found found) const
    {
        alignas(nlmsghdr) std::array<char, 16 * 1024> buffer;
        for (;;) {
            ssize_t const size = recv(socket_.get(), buffer.data(), buffer.size(), 0);
            if (size < 0 && errno == EINTR)
                continue;
            if (size <= 0)
                return false;
            auto left = static_cast<unsigned>(size);
            for (auto* head = reinterpret_cast<nlmsghdr*>(buffer.data()); NLMSG_OK(head, left);
                 head = NLMSG_NEXT(head, left)) {
                if (head->nlmsg_type == NLMSG_DONE)
                    return true;
                if (head->nlmsg_type != SOCK_DIAG_BY_FAMILY || head->nlmsg_len < NLMSG_LENGTH(sizeof(inet_diag_msg)))
                    return false;
                inet_diag_msg socket;
                std::memcpy(&socket, NLMSG_DATA(head), sizeof socket);
                found(socket);
            }
        }
    }

  private:
    Descriptor socket_;
};

Address address_of(inet_diag_msg const& socket)
{
    Address address = mapped_prefix;
    bool const version_6 = socket.idiag_family == AF_INET6;
    std::memcpy(address.data() + (version_6 ? 0 : 12), socket.id.idiag_src, version_6 ? 16 : 4);
    return address;
}

bool is_any(Address address)
{
    if (std::equal(mapped_prefix.begin(), mapped_prefix.begin() + 12, address.begin()))
        address[10] = address[11] = 0;
    return address == Address{};
}

// False for a name: it may stand for any address.
bool read_address(std::string const& ip, Address& address)
{
    address = mapped_prefix;
    return inet_pton(AF_INET, ip.c_str(), address.data() + 12) == 1 ||
           inet_pton(AF_INET6, ip.c_str(), address.data()) == 1;
}

} // namespace

Result<std::set<uid_t>> listeners(std::string const& ip, std::uint16_t port)
{
    Address wanted{};
    bool const at_one_address = read_address(ip, wanted) && !is_any(wanted);
    std::set<uid_t> accounts;
    Question const question;
    for (int const family : {AF_INET, AF_INET6}) {
        bool const told = question.ask(family, port) && question.answer([&](inet_diag_msg const& socket) {
            Address const address = address_of(socket);
            if (!at_one_address || address == wanted || is_any(address))
                accounts.insert(socket.idiag_uid);
        });
        if (!told)
            return fail(Errc::unavailable, "The kernel does not tell who listens.", std::strerror(errno));
    }
    return accounts;
}

std::optional<uid_t> connection_account(End const& from, End const& to)
{
    Question const question;
    int const family = from.address.find(':') == std::string::npos ? AF_INET : AF_INET6;
    auto const found = question.ask_connection(family, from, to);
    // What is left of a closed connection belongs to nobody (inode 0), and says it is root's. Where there is none, the
    // kernel names a listener at that port.
    if (!found || found->idiag_inode == 0 || found->idiag_state == TCP_LISTEN)
        return std::nullopt;
    return found->idiag_uid;
}

} // namespace jhub::spawn

#include "helper/hub_channel.hpp"

#include <cerrno>
#include <cstring>
#include <sys/socket.h>

#include "helper/log_line.hpp"

namespace jhub::helper {
namespace {

// Takes the descriptors out of a received message: the first is kept, more than one is a broken hub.
std::pair<Fd, bool> take_descriptor(msghdr& message)
{
    Fd first;
    bool surplus = (message.msg_flags & MSG_CTRUNC) != 0;
    for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
            continue;
        std::size_t const count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int number = -1;
            std::memcpy(&number, CMSG_DATA(part) + i * sizeof number, sizeof number);
            surplus |= static_cast<bool>(first);
            first = Fd(number);
        }
    }
    return {std::move(first), surplus};
}

} // namespace

HubChannel::HubChannel(Loop& loop, Fd socket, std::function<void(wire::Packet&, Fd)> on_packet)
    : loop_(loop), socket_(std::move(socket)), on_packet_(std::move(on_packet))
{
    loop_.watch(socket_.get(), EPOLLIN, [this] { read(); });
}

HubChannel::~HubChannel() { loop_.forget(socket_.get()); }

void HubChannel::give_up(char const* why)
{
    log_line('E', fmt::format("Closing the connection to the hub: {}", why));
    loop_.stop();
}

void HubChannel::read()
{
    // A bounded number, so that a busy hub does not keep exits and deadlines waiting.
    for (int i = 0; i < 32; ++i)
        if (!read_one())
            return;
}

bool HubChannel::read_one()
{
    iovec space{buffer_.data(), buffer_.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(4 * sizeof(int))> control;
    msghdr message{};
    message.msg_iov = &space;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    ssize_t const size = recvmsg(socket_.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (size < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (size <= 0) { // the hub is gone; released processes live on, waiting ones end with us
        loop_.stop();
        return false;
    }
    auto [descriptor, surplus] = take_descriptor(message);
    auto packet = wire::decode({buffer_.data(), static_cast<std::size_t>(size)});
    explicit_bzero(buffer_.data(), static_cast<std::size_t>(size)); // there may have been a password in it
    if (!packet || surplus || (message.msg_flags & MSG_TRUNC) != 0) {
        give_up("it sent something that is not a request");
        return false;
    }
    on_packet_(*packet, std::move(descriptor));
    return true;
}

void HubChannel::send(std::uint32_t request, wire::Message message)
{
    auto bytes = wire::encode({request, std::move(message)});
    if (!bytes) // an account with thousands of groups
        bytes = wire::encode({request, wire::Failed{Errc::too_large, "The answer is larger than 64 KiB.", {}}});
    if (waiting_.size() >= max_waiting)
        return give_up("it does not read its answers");
    waiting_.push_back(std::move(*bytes));
    flush();
}

void HubChannel::flush()
{
    while (!waiting_.empty()) {
        std::string const& next = waiting_.front();
        if (::send(socket_.get(), next.data(), next.size(), MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
            if (errno != EAGAIN && errno != EINTR)
                return loop_.stop();
            return loop_.watch(socket_.get(), EPOLLIN | EPOLLOUT, [this] {
                flush();
                read();
            });
        }
        waiting_.pop_front();
        if (waiting_.empty())
            loop_.watch(socket_.get(), EPOLLIN, [this] { read(); });
    }
}

} // namespace jhub::helper

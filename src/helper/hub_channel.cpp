#include "helper/hub_channel.hpp"

#include <cerrno>
#include <sys/socket.h>

#include "base/packets.hpp"
#include "helper/log_line.hpp"

namespace jhub::helper {

HubChannel::HubChannel(Loop& loop, Descriptor socket, std::function<void(wire::Packet&, Descriptor)> on_packet)
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
    std::vector<int> numbers;
    ssize_t const size = receive_packet(socket_.get(), buffer_, numbers, MSG_DONTWAIT);
    std::vector<Descriptor> descriptors;
    for (int const number : numbers)
        descriptors.emplace_back(number);
    if (size < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    if (size < 0 && errno == EMSGSIZE) {
        give_up("it sent more than fits into a request");
        return false;
    }
    if (size <= 0) { // the hub is gone; released processes live on, waiting ones end with us
        loop_.stop();
        return false;
    }
    auto packet = wire::decode({buffer_.data(), static_cast<std::size_t>(size)});
    explicit_bzero(buffer_.data(), static_cast<std::size_t>(size)); // there may have been a password in it
    if (!packet || descriptors.size() > 1) {
        give_up("it sent something that is not a request");
        return false;
    }
    on_packet_(*packet, descriptors.empty() ? Descriptor() : std::move(descriptors.front()));
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

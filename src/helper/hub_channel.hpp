// The helper's end of the socket pair to the hub: whole packets in, whole packets out. When the hub closes it, or sends
// what no hub sends, the helper ends.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <string>

#include "base/descriptor.hpp"
#include "helper/loop.hpp"
#include "privileged/messages.hpp"

namespace jhub::helper {

namespace wire = privileged::wire;

class HubChannel {
  public:
    static constexpr std::size_t max_waiting = 4096; // packets a hub that does not read may leave here

    // socket: a SOCK_SEQPACKET socket. on_packet gets the packet and the descriptor that came with it, if any.
    HubChannel(Loop& loop, Descriptor socket, std::function<void(wire::Packet&, Descriptor)> on_packet);
    ~HubChannel();
    HubChannel(HubChannel const&) = delete;
    HubChannel& operator=(HubChannel const&) = delete;

    void send(std::uint32_t request, wire::Message message);

  private:
    void read();
    bool read_one();
    void flush();
    void give_up(char const* why);

    Loop& loop_;
    Descriptor socket_;
    std::function<void(wire::Packet&, Descriptor)> on_packet_;
    std::deque<std::string> waiting_;
    std::array<char, wire::max_message> buffer_;
};

} // namespace jhub::helper

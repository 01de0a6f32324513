#include "proxy/sockets.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <gtest/gtest.h>

#include "proxy/resolver.hpp"

namespace jhub::proxy {
namespace {

std::string congestion_control(int descriptor)
{
    std::array<char, 16> name{};
    socklen_t size = name.size();
    return getsockopt(descriptor, IPPROTO_TCP, TCP_CONGESTION, name.data(), &size) == 0 ? name.data() : "unknown";
}

TEST(Sockets, only_connections_inside_the_machine_go_without_the_systems_pacing)
{
    for (auto const& [peer, inside] :
         {std::pair{"127.0.0.1", true}, std::pair{"127.9.9.9", true}, std::pair{"::1", true},
          std::pair{"::ffff:127.0.0.1", true}, std::pair{"192.0.2.127", false}, std::pair{"2001:db8::7f", false},
          std::pair{"::ffff:192.0.2.1", false}}) {
        auto const address = numeric_addresses(peer, 80).at(0).storage;
        Descriptor const socket(::socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
        if (socket.get() < 0)
            continue; // a machine without IPv6
        auto const usual = congestion_control(socket.get());
        set_stream_options(socket.get(), address, 0);
        bool const paced = usual.starts_with("bbr");
        EXPECT_EQ(congestion_control(socket.get()), inside && paced ? "reno" : usual) << peer;
    }
}

} // namespace
} // namespace jhub::proxy

#include "base/networks.hpp"

#include <gtest/gtest.h>

namespace jhub {
namespace {

TEST(Networks, contain_addresses_by_prefix_and_take_ipv4_inside_ipv6)
{
    auto const networks = Networks::parse("10.0.0.0/8, ::1,192.168.1.128/25");
    ASSERT_TRUE(networks);
    for (auto const* inside : {"10.255.0.1", "::1", "192.168.1.200", "::ffff:10.1.1.1"})
        EXPECT_TRUE(networks->contain(inside)) << inside;
    for (auto const* outside : {"11.0.0.1", "::2", "192.168.1.1", "", "nonsense"})
        EXPECT_FALSE(networks->contain(outside)) << outside;
    for (auto const* bad : {"10.0.0.0/33", "x", "::/129", "10.0.0.0/-1"})
        EXPECT_FALSE(Networks::parse(bad)) << bad;
}

} // namespace
} // namespace jhub

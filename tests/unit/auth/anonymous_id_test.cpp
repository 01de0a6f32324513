// The id of a browser nobody is logged in with: reference auth-flow.md §4 step 2.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "auth/anonymous_id.hpp"

namespace jhub::auth {
namespace {

std::optional<std::string_view> headers(std::string_view name)
{
    if (name == "User-Agent")
        return "Mozilla/5.0";
    if (name == "X-Device")
        return "a";
    return std::nullopt;
}

std::string make(std::optional<std::string> const& names, std::optional<std::string> const& networks,
                 std::string_view address)
{
    auto const id = AnonymousId::from_environment(names, networks);
    return id ? id->make(address, headers) : id.error().message;
}

TEST(AnonymousId, is_that_of_the_reference)
{
    EXPECT_EQ(make({}, {}, "127.0.0.1"), "eTHuwVZAR-wUQ0cBvwV-q4auKhTDBytw6hstwJohfoM=");
}

TEST(AnonymousId, depends_on_each_header_and_on_their_borders)
{
    EXPECT_NE(make("User-Agent;X-Device", {}, "127.0.0.1"), make("User-Agent", {}, "127.0.0.1"));
    EXPECT_NE(make("X-Device;X-None", {}, "127.0.0.1"), make("X-None;X-Device", {}, "127.0.0.1"));
    EXPECT_EQ(make("", {}, "::1"), make(" ; ", {}, "::1"));
}

TEST(AnonymousId, is_the_same_within_a_configured_network)
{
    EXPECT_EQ(make({}, "10.0.0.0/8;2001:db8::/32", "10.1.2.3"), make({}, "10.0.0.0/8", "10.255.0.1"));
    EXPECT_EQ(make({}, "2001:db8::/32", "2001:db8:1::1"), make({}, "2001:DB8::/32", "2001:db8:2::1"));
    EXPECT_NE(make({}, "10.0.0.0/8", "11.1.2.3"), make({}, "10.0.0.0/8", "11.1.2.4"));
    EXPECT_EQ(make({}, "0.0.0.0/0", "11.1.2.3"), make({}, "0.0.0.0/0", "12.1.2.3"));
    EXPECT_EQ(make({}, "10.0.0.0/8", "not an address"), make({}, {}, "not an address"));
}

TEST(Network, has_a_canonical_text)
{
    EXPECT_EQ(Network::parse("10.0.0.1")->text(), "10.0.0.1/32");
    EXPECT_EQ(Network::parse("2001:0DB8:0::/32")->text(), "2001:db8::/32");
}

TEST(Network, refuses_what_python_refuses)
{
    for (auto const* text :
         {"", "/", "10.0.0.1/8", "10.0.0.0/33", "::/129", "10.0.0/8", "10.0.0.0/", "10.0.0.0/-1", "x/8"})
        EXPECT_FALSE(Network::parse(text)) << text;
    EXPECT_THAT(make({}, "10.0.0.1/8", "::1"), testing::HasSubstr("10.0.0.0/8"));
}

} // namespace
} // namespace jhub::auth

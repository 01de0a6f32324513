#include "hub/startup/url_to_open.hpp"

#include <gtest/gtest.h>

namespace jhub::hub {
namespace {

TEST(UrlToOpen, is_one_that_a_browser_takes)
{
    config::Addresses addresses{.bind_url = "http://:8000/jh/", .port = 8000, .base_url = "/jh/"};
    EXPECT_EQ(url_to_open(addresses), "http://localhost:8000/jh/");
    addresses.ip = "0.0.0.0";
    EXPECT_EQ(url_to_open(addresses), "http://localhost:8000/jh/");
    addresses.bind_url = "https://[fe80::1]:8443/jh/";
    addresses.ip = "fe80::1";
    addresses.port = 8443;
    EXPECT_EQ(url_to_open(addresses), "https://[fe80::1]:8443/jh/");
    addresses.public_url = "https://hub.example.org/jh/";
    EXPECT_EQ(url_to_open(addresses), "https://hub.example.org/jh/");
}

} // namespace
} // namespace jhub::hub

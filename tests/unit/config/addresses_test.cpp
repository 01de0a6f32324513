// Addresses from their parts: data tables after reference config.md §1.3–1.5.
#include "config/addresses.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace jhub::config {
namespace {

using testing::HasSubstr;

Addresses combined(AddressOptions const& options)
{
    std::vector<std::string> warnings;
    auto const result = combine_addresses(options, warnings);
    EXPECT_TRUE(result) << (result ? "" : result.error().message);
    return result.value_or(Addresses{});
}

struct PublicCase {
    AddressOptions options;
    char const* bind_url;
    char const* base_url;
    int port;
    bool warns = false;
};

TEST(Addresses, bind_url_is_made_of_itself_and_of_its_parts)
{
    PublicCase const cases[] = {
        {{}, "http://:8000/", "/", 8000},
        {{.tls = true}, "https://:8000/", "/", 8000},
        {{.bind_url = "http://127.0.0.1:9/jh"}, "http://127.0.0.1:9/jh/", "/jh/", 9},
        {{.bind_url = "http://127.0.0.1:9/jh", .port = 77}, "http://:77/jh/", "/jh/", 77, true},
        {{.bind_url = "http://127.0.0.1:9/jh", .ip = "10.0.0.1"}, "http://10.0.0.1:8000/jh/", "/jh/", 8000, true},
        {{.bind_url = "http://127.0.0.1:9/jh", .base_url = "other"}, "http://127.0.0.1:9/other/", "/other/", 9, true},
        {{.bind_url = "http://127.0.0.1:9/jh", .base_url = "/jh/"}, "http://127.0.0.1:9/jh/", "/jh/", 9},
        {{.ip = "::1"}, "http://[::1]:8000/", "/", 8000},
        {{.base_url = "a/b"}, "http://:8000/a/b/", "/a/b/", 8000},
        {{.bind_url = "https://:443"}, "http://:443/", "/", 443},
        {{.bind_url = "http://hub.example.org", .tls = true}, "https://hub.example.org/", "/", 443},
        {{.bind_url = "http://*:80"}, "http://:80/", "/", 80},
        {{.bind_url = "http://127.0.0.1:9/", .ip = "", .port = 8000}, "http://127.0.0.1:9/", "/", 9},
    };
    for (auto const& [options, bind_url, base_url, port, warns] : cases) {
        std::vector<std::string> warnings;
        auto const result = combine_addresses(options, warnings);
        ASSERT_TRUE(result) << result.error().message;
        EXPECT_EQ(result->bind_url, bind_url);
        EXPECT_EQ(result->base_url, base_url) << bind_url;
        EXPECT_EQ(result->port, port) << bind_url;
        EXPECT_EQ(!warnings.empty(), warns) << bind_url;
        EXPECT_EQ(result->hub_prefix, result->base_url + "hub/");
    }
}

TEST(Addresses, the_hub_is_reached_where_it_listens_unless_told_otherwise)
{
    struct Case {
        AddressOptions options;
        char const* bind;
        char const* connect;
    };
    Case const cases[] = {
        {{}, "http://127.0.0.1:8081/hub/", "http://127.0.0.1:8081/hub/"},
        {{.base_url = "/jh"}, "http://127.0.0.1:8081/jh/hub/", "http://127.0.0.1:8081/jh/hub/"},
        {{.hub_ip = "", .hostname = "box"}, "http://:8081/hub/", "http://box:8081/hub/"},
        {{.hub_ip = "0.0.0.0", .hostname = "box"}, "http://0.0.0.0:8081/hub/", "http://box:8081/hub/"},
        {{.hub_ip = "::1"}, "http://[::1]:8081/hub/", "http://[::1]:8081/hub/"},
        {{.hub_ip = "", .hub_connect_ip = "hub"}, "http://:8081/hub/", "http://hub:8081/hub/"},
        {{.hub_connect_port = 99}, "http://127.0.0.1:8081/hub/", "http://127.0.0.1:99/hub/"},
        {{.hub_bind_url = "http://:8081", .hub_connect_url = "http://hub:8081"},
         "http://:8081/hub/",
         "http://hub:8081/hub/"},
        {{.hub_bind_url = "http://10.0.0.1:5/ignored"}, "http://10.0.0.1:5/hub/", "http://10.0.0.1:5/hub/"},
        {{.hub_bind_url = "unix+http://%2Frun%2Fhub.sock"},
         "http+unix://%2Frun%2Fhub.sock/hub/",
         "http+unix://%2Frun%2Fhub.sock/hub/"},
        {{.internal_ssl = true}, "https://127.0.0.1:8081/hub/", "https://127.0.0.1:8081/hub/"},
    };
    for (auto const& [options, bind, connect] : cases) {
        auto const result = combined(options);
        EXPECT_EQ(result.hub_bind_url, bind);
        EXPECT_EQ(result.hub_connect_url, connect) << bind;
        EXPECT_EQ(result.hub_api_url, result.hub_connect_url + "api");
    }
    EXPECT_EQ(combined({.hub_bind_url = "unix+http://%2Frun%2Fhub.sock"}).hub_socket, "/run/hub.sock");
}

TEST(Addresses, subdomains_move_the_route_of_the_hub)
{
    auto const result = combined({.base_url = "/jh/", .subdomain_host = "hub.example.org:8000"});
    EXPECT_EQ(result.subdomain_host, "https://hub.example.org:8000");
    EXPECT_EQ(result.domain, "hub.example.org");
    EXPECT_EQ(result.hub_routespec, "/");
    EXPECT_EQ(result.public_url, "https://hub.example.org:8000/jh/");
    EXPECT_EQ(combined({.base_url = "/jh/"}).hub_routespec, "/jh/");
    EXPECT_EQ(combined({.hub_routespec = "only/hub"}).hub_routespec, "/only/hub/");
}

TEST(Addresses, the_public_url_is_completed)
{
    EXPECT_EQ(combined({}).public_url, "");
    EXPECT_EQ(combined({.public_url = "https://a.org"}).public_url, "https://a.org/");
    EXPECT_EQ(combined({.public_url = "a.org"}).public_url, "https://a.org/");
    EXPECT_EQ(combined({.base_url = "/jh/", .public_url = "https://a.org"}).public_url, "https://a.org/jh/");
    EXPECT_EQ(combined({.base_url = "/jh/", .public_url = "https://a.org/x/jh"}).public_url, "https://a.org/x/jh/");
}

TEST(Addresses, what_cannot_be_an_address_is_refused_by_name)
{
    struct Case {
        AddressOptions options;
        char const* names;
    };
    for (auto const& [options, names] :
         {Case{{.bind_url = "8000"}, "bind_url"}, Case{{.bind_url = "http://:port"}, "bind_url"},
          Case{{.hub_bind_url = "hub:8081"}, "hub_bind_url"}, Case{{.hub_connect_url = "hub"}, "hub_connect_url"},
          Case{{.base_url = "/jh/", .public_url = "https://a.org/x"}, "public_url"}}) {
        std::vector<std::string> warnings;
        auto const result = combine_addresses(options, warnings);
        ASSERT_FALSE(result) << names;
        EXPECT_THAT(result.error().message, HasSubstr(names));
    }
}

} // namespace
} // namespace jhub::config

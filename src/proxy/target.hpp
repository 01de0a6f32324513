// Where a route leads: the URL of a single-user server, a service or the hub, taken apart once when the route is added.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace jhub::proxy {

struct Target {
    std::string url;  // as given
    bool tls = false; // https
    std::string host; // without brackets; empty for a unix socket
    std::uint16_t port = 0;
    std::string unix_path; // empty for TCP
    std::string authority; // host:port as written, for --change-origin and for comparing redirects
    std::string base_path; // without a trailing slash, "" when the URL has no path
    std::string query;     // without "?"

    [[nodiscard]] bool is_unix() const { return !unix_path.empty(); }
};

// http, https, ws, wss, unix+http and http+unix (the host part is then the percent-encoded socket path).
// Errc::invalid_argument with a sentence for anything that could not be connected to.
[[nodiscard]] Result<Target> parse_target(std::string_view url);

} // namespace jhub::proxy

// The line that each request leaves in the log: "200 GET /hub/home (ada@127.0.0.1) 1.23ms" (reference cli.md §1.9).
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/log.hpp"

namespace jhub::hub {

struct AccessEntry {
    int status = 200;
    std::string_view method, uri, location, user, address;
    std::chrono::steady_clock::duration took{};
    bool quiet = false; // static files and health checks
};

[[nodiscard]] std::string access_line(AccessEntry const& entry);
[[nodiscard]] log::Level access_level(AccessEntry const& entry);

// Values of query fields whose names sound secret become "[secret]", also in an address that is a value itself, and so
// do tokens and cookies in the paths of /authorizations/.
[[nodiscard]] std::string without_secrets(std::string_view uri);

} // namespace jhub::hub

// Cookies: the Cookie header read, Set-Cookie written (reference auth-flow.md §1), compatible with Python's
// http.cookies.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "http/headers.hpp"

namespace jhub::http {

using Cookies = std::vector<std::pair<std::string, std::string>>;

// All pairs in the order sent, duplicates kept, quoted values unquoted; parts without a name are left out. At most 200
// are read: a jar overflow must cost the attacker, not the hub.
[[nodiscard]] Cookies parse_cookies(std::vector<std::string_view> const& header_values);
[[nodiscard]] inline Cookies parse_cookies(Headers const& headers) { return parse_cookies(headers.all("cookie")); }
// The first value of that name.
[[nodiscard]] std::optional<std::string_view> find_cookie(Cookies const& cookies, std::string_view name);

struct SetCookie {
    std::string name;
    std::string value;
    std::string path = "/";
    std::string domain; // empty: left out
    std::optional<Timestamp> expires;
    std::optional<std::chrono::seconds> max_age;
    bool http_only = false;
    bool secure = false;
    std::string same_site; // "Lax", "Strict", "None"; empty: left out
};

// The value of a Set-Cookie header. A value outside [A-Za-z0-9!#$%&'*+\-.^_`|~:] is quoted and escaped as Python does.
[[nodiscard]] std::string to_header(SetCookie const& cookie);

} // namespace jhub::http

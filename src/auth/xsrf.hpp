// Protection of cookie-authenticated requests against other sites (reference auth-flow.md §4, rest-api.md §1.3).
// Pure functions; the dispatcher brings the request's parts.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace jhub::auth {

// Whom a token belongs to. session: the jupyterhub-session-id cookie, nothing when there is none.
[[nodiscard]] std::string user_xsrf_id(std::optional<std::string_view> session, std::string_view cookie_id);
[[nodiscard]] std::string service_xsrf_id();
[[nodiscard]] std::string anonymous_xsrf_id(std::optional<std::string_view> session, std::string_view anonymous_id);

[[nodiscard]] std::string make_xsrf_token(std::string_view secret, std::string_view id, Timestamp now);
// The id inside a token that is signed and at most 31 days old.
[[nodiscard]] std::optional<std::string> decode_xsrf_token(std::string_view secret, std::string_view token,
                                                           Timestamp now);

struct CurrentXsrf {
    std::string token;
    bool fresh = false;      // not in the request's cookies
    bool set_cookie = false; // fresh, and the request is a navigation
};
// cookies: the values of all _xsrf cookies in the order of the header. sec_fetch_mode: nothing when absent.
[[nodiscard]] CurrentXsrf current_xsrf(std::string_view secret, std::span<std::string const> cookies,
                                       std::string_view expected_id, std::optional<std::string_view> sec_fetch_mode,
                                       Timestamp now);

struct XsrfQuestion {
    std::string_view method;                        // as sent: "GET"
    std::optional<std::string_view> sec_fetch_mode; // nothing when absent
    std::optional<std::string_view> sec_fetch_site;
    bool has_user = false;   // a user or service was identified
    bool by_token = false;   // … by a token, not by a cookie
    bool has_origin = false; // the request has an Origin header
    bool is_api = false;     // pages never check GET, HEAD and OPTIONS
};
[[nodiscard]] bool xsrf_required(XsrfQuestion const& question);

// submitted: argument _xsrf, else X-Xsrftoken, else X-Csrftoken; must be the current token byte for byte.
[[nodiscard]] bool xsrf_matches(std::string_view submitted, std::string_view current);

} // namespace jhub::auth

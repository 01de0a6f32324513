#include "auth/xsrf.hpp"

#include <algorithm>

#include "auth/signed_value.hpp"
#include "base/crypto.hpp"
#include "base/encoding.hpp"

namespace jhub::auth {
namespace {

constexpr std::string_view cookie_name = "_xsrf";
constexpr std::chrono::days maximum_age{31};
constexpr std::size_t maximum_cookies = 8; // more are a sign of cookie tossing; each costs an HMAC

std::string with_session(std::optional<std::string_view> session, std::string_view rest)
{
    std::string id(session.value_or("None"));
    return id.append(":").append(rest);
}

} // namespace

std::string user_xsrf_id(std::optional<std::string_view> session, std::string_view cookie_id)
{
    return with_session(session, cookie_id);
}

std::string service_xsrf_id() { return ":"; }

std::string anonymous_xsrf_id(std::optional<std::string_view> session, std::string_view anonymous_id)
{
    return with_session(session, anonymous_id);
}

std::string make_xsrf_token(std::string_view secret, std::string_view id, Timestamp now)
{
    return base64url_encode(create_signed_value(secret, cookie_name, id, now), Padding::strip);
}

std::optional<std::string> decode_xsrf_token(std::string_view secret, std::string_view token, Timestamp now)
{
    auto const signed_value = base64url_decode(token);
    return signed_value ? decode_signed_value(secret, cookie_name, *signed_value, maximum_age, now) : std::nullopt;
}

CurrentXsrf current_xsrf(std::string_view secret, std::span<std::string const> cookies, std::string_view expected_id,
                         std::optional<std::string_view> sec_fetch_mode, Timestamp now)
{
    // The first that this hub signed for this very session: what others planted before or behind it does not count.
    for (std::string const& cookie : cookies.first(std::min(cookies.size(), maximum_cookies)))
        if (decode_xsrf_token(secret, cookie, now) == expected_id)
            return {cookie, false, false};
    bool const is_navigation = !sec_fetch_mode || *sec_fetch_mode == "navigate";
    return {make_xsrf_token(secret, expected_id, now), true, is_navigation};
}

bool xsrf_required(XsrfQuestion const& question)
{
    bool const reads = question.method == "GET";
    if (question.by_token || question.method == "HEAD" || question.method == "OPTIONS")
        return false;
    if (reads && !question.is_api)
        return false;
    // A program without cookies has nothing to be abused; the login form is checked in any case.
    if (question.is_api && !question.has_user && !question.has_origin)
        return false;

    std::string_view const mode = question.sec_fetch_mode.value_or("navigate");
    if (mode == "websocket")
        return !reads; // a handshake is a GET
    if (mode == "navigate" || mode == "unspecified" || (mode == "no-cors" && question.sec_fetch_site == "same-origin"))
        return !reads;
    return true;
}

bool xsrf_matches(std::string_view submitted, std::string_view current)
{
    return !current.empty() && equal_in_constant_time(submitted, current);
}

} // namespace jhub::auth

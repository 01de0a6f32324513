// Signed values in the format of tornado's "v2" (reference auth-flow.md §2): the login cookie and the XSRF token.
// Signed, not encrypted. Constant-time comparison; safe from any thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace jhub::auth {

// How far ahead of this clock the time of a value may lie: clocks of two machines differ, and some logins get a second
// that is still to come (login_times.hpp).
inline constexpr std::chrono::minutes allowed_skew{10};

// secret: the bytes of the cookie secret. The time is kept in whole seconds.
[[nodiscard]] std::string create_signed_value(std::string_view secret, std::string_view name, std::string_view value,
                                              Timestamp now);

// The value, or nothing: not the format, another name, a wrong signature, older than max_age, or from the
// future by more than allowed_skew.
[[nodiscard]] std::optional<std::string> decode_signed_value(std::string_view secret, std::string_view name,
                                                             std::string_view text, std::chrono::seconds max_age,
                                                             Timestamp now);

} // namespace jhub::auth

// Signed values in the format of tornado's "v2" (reference auth-flow.md §2): the login cookie and the XSRF token.
// Signed, not encrypted. Constant-time comparison; safe from any thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace jhub::auth {

// secret: the bytes of the cookie secret. The time is kept in whole seconds.
[[nodiscard]] std::string create_signed_value(std::string_view secret, std::string_view name, std::string_view value,
                                              Timestamp now);

// The value, or nothing: not the format, another name, a wrong signature, or older than max_age. A time stamp in the
// future is accepted, as upstream does.
[[nodiscard]] std::optional<std::string> decode_signed_value(std::string_view secret, std::string_view name,
                                                             std::string_view text, std::chrono::seconds max_age,
                                                             Timestamp now);

} // namespace jhub::auth

// JSON values, and the two ways the project writes them. nlohmann-json is the library; this header adds what must be
// byte-compatible with Python's json module.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/result.hpp"

namespace jhub {

using Json = nlohmann::ordered_json;

// As Python's json.dumps writes: ", " and ": " between, everything outside ASCII escaped. Invalid UTF-8 becomes U+FFFD.
[[nodiscard]] std::string to_python_json(Json const& value);

// Bounded parse for strangers' text: at most depth_limit levels (threat model: 64), UTF-8 without a byte order mark, no
// key twice. Errc::invalid_argument with the position otherwise.
[[nodiscard]] Result<Json> parse_json(std::string_view text, int depth_limit = 64);

} // namespace jhub

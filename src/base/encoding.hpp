// Hexadecimal and base64 (RFC 4648). Decoders are strict: nullopt for anything that an encoder would not have made,
// except that the url-safe one accepts missing padding.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace jhub {

[[nodiscard]] int hex_digit(char c);                          // its value, or -1
[[nodiscard]] std::string hex_encode(std::string_view bytes); // lower case
[[nodiscard]] std::optional<std::string> hex_decode(std::string_view text);

enum class Padding { keep, strip };
[[nodiscard]] std::string base64_encode(std::string_view bytes);
[[nodiscard]] std::optional<std::string> base64_decode(std::string_view text);
[[nodiscard]] std::string base64url_encode(std::string_view bytes, Padding padding = Padding::keep);
[[nodiscard]] std::optional<std::string> base64url_decode(std::string_view text);

} // namespace jhub

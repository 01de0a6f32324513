// Request methods. Names are case-sensitive: "get" is `other`, never GET.
#pragma once

#include <cstdint>
#include <string_view>

namespace jhub::http {

enum class Method : std::uint8_t { get, head, post, put, patch, delete_, options, connect, trace, other };

[[nodiscard]] std::string_view to_string(Method method); // "OTHER" for other: write Request::method_text instead
[[nodiscard]] Method method_from(std::string_view text);

} // namespace jhub::http

// Writes heads. Nothing leaves that could be read as a second header or message: names must be tokens, values free of
// control characters, targets free of blanks. Each function returns false and appends nothing when that is broken.
#pragma once

#include <string>
#include <string_view>

#include "http/headers.hpp"
#include "http/message.hpp"

namespace jhub::http {

[[nodiscard]] bool append_request_line(std::string& out, std::string_view method, std::string_view target,
                                       int minor_version = 1);
// An empty reason becomes the standard one.
[[nodiscard]] bool append_status_line(std::string& out, int status, std::string_view reason = {},
                                      int minor_version = 1);
[[nodiscard]] bool append_header(std::string& out, std::string_view name, std::string_view value);
inline void append_head_end(std::string& out) { out += "\r\n"; }

// Line, headers as they are (no framing is invented) and the closing empty line.
[[nodiscard]] bool append_request_head(std::string& out, RequestHead const& head);
[[nodiscard]] bool append_response_head(std::string& out, ResponseHead const& head);

} // namespace jhub::http

// IP addresses as bytes, for comparison by network.
#pragma once

#include <string>
#include <string_view>

namespace jhub::auth {

// 4 bytes for IPv4, 16 for IPv6; empty when the text is no address.
[[nodiscard]] std::string address_bytes(std::string_view text);

} // namespace jhub::auth

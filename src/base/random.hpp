// Unpredictable values, from OpenSSL's generator (safe to call from any thread).
#pragma once

#include <string>

namespace jhub {

[[nodiscard]] std::string random_bytes(std::size_t count);
[[nodiscard]] std::string random_hex32(); // 16 random bytes as 32 digits, in the form of uuid4().hex
[[nodiscard]] std::string random_alphanumeric(std::size_t length); // [A-Za-z0-9], unbiased
[[nodiscard]] double random_unit();                                // uniform in [0, 1)

} // namespace jhub

// Hashes, message authentication, Fernet and comparison in constant time, all by OpenSSL.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace jhub {

// Raw digests, not hexadecimal.
[[nodiscard]] std::string sha1(std::string_view data);
[[nodiscard]] std::string sha256(std::string_view data);
[[nodiscard]] std::string sha512(std::string_view data);
[[nodiscard]] std::string hmac_sha256(std::string_view key, std::string_view data);

// Takes the same time for all wrong values of the same length.
[[nodiscard]] bool equal_in_constant_time(std::string_view a, std::string_view b);

// Fernet (reference auth-flow.md §10): AES-128-CBC and HMAC-SHA256 under a 32-byte key. The decoder does not look at
// the age. Decrypt gives nullopt for a wrong key or a damaged token.
[[nodiscard]] std::string fernet_encrypt(std::string_view key, std::string_view plain, std::chrono::sys_seconds now,
                                         std::string_view iv);
[[nodiscard]] std::optional<std::string> fernet_decrypt(std::string_view key, std::string_view token);

} // namespace jhub

// API tokens and how they are stored: only as "sha512:ROUNDS:SALT:HEX" with a prefix of four characters to find the
// row (reference auth-flow.md §8). ROUNDS repeats the token inside one hash; it is not an iteration.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace jhub::auth {

inline constexpr int generated_rounds = 1;      // tokens made by the hub, OAuth tokens, share codes: already random
inline constexpr int configured_rounds = 16384; // tokens and secrets that a person may have chosen
inline constexpr std::size_t minimum_token_length = 8;
inline constexpr std::size_t maximum_token_length = 512; // longer ones are refused before they cost a hash

[[nodiscard]] std::string new_token();       // 32 hexadecimal digits
[[nodiscard]] std::string new_oauth_token(); // 30 letters and digits; codes too
[[nodiscard]] std::string new_share_code();  // 43 url-safe characters

// First four characters, for the lookup.
[[nodiscard]] std::string_view token_prefix(std::string_view token);
// With a fresh salt.
[[nodiscard]] std::string hash_token(std::string_view token, int rounds);
[[nodiscard]] std::string hash_token(std::string_view token, int rounds, std::string_view salt);
// Compares with the parameters written in hashed. False for a hash this program cannot have made; constant time.
[[nodiscard]] bool verify_token(std::string_view hashed, std::string_view token);

// Tokens from the configuration: Errc::invalid_argument when shorter than 8 or longer than 512 characters.
[[nodiscard]] Result<> check_configured_token(std::string_view token);

} // namespace jhub::auth

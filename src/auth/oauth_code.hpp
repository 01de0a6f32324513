// Codes of the OAuth provider as the database keeps them, and the proof of possession that a client may add to them
// (PKCE, RFC 7636). Pure.
#pragma once

#include <string>
#include <string_view>

namespace jhub::auth {

// What is stored for a code: a hash of code and challenge, so that a copy of the database redeems nothing, and a code
// that was asked for with a challenge can be found only with its verifier. 36 characters, as the column has.
// challenge: "" for a client that does without.
[[nodiscard]] std::string stored_code(std::string_view code, std::string_view challenge);

// 43 url-safe characters, which is what SHA-256 gives.
[[nodiscard]] bool is_code_challenge(std::string_view text);
// The challenge that belongs to a verifier (method S256).
[[nodiscard]] std::string code_challenge_of(std::string_view verifier);

} // namespace jhub::auth

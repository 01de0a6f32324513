#include "auth/oauth_code.hpp"

#include <algorithm>

#include "base/crypto.hpp"
#include "base/encoding.hpp"

namespace jhub::auth {
namespace {

constexpr std::size_t column_width = 36, challenge_length = 43;

bool is_url_safe(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

} // namespace

std::string stored_code(std::string_view code, std::string_view challenge)
{
    std::string const text = std::string(code).append("\n").append(challenge);
    return base64url_encode(sha256(text), Padding::strip).substr(0, column_width);
}

bool is_code_challenge(std::string_view text)
{
    return text.size() == challenge_length && std::ranges::all_of(text, is_url_safe);
}

std::string code_challenge_of(std::string_view verifier) { return base64url_encode(sha256(verifier), Padding::strip); }

} // namespace jhub::auth

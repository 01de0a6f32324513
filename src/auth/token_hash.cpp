#include "auth/token_hash.hpp"

#include "base/crypto.hpp"
#include "base/encoding.hpp"
#include "base/random.hpp"
#include "base/strings.hpp"

namespace jhub::auth {
namespace {

constexpr std::string_view algorithm = "sha512";
constexpr int maximum_rounds = 65'536;

std::string digest(std::string_view token, int rounds, std::string_view salt)
{
    std::string text;
    text.reserve(salt.size() + token.size() * static_cast<std::size_t>(rounds));
    text.append(salt);
    for (int round = 0; round < rounds; ++round)
        text.append(token);
    return hex_encode(sha512(text));
}

} // namespace

std::string new_token() { return random_hex32(); }

std::string new_oauth_token() { return random_alphanumeric(30); }

std::string new_share_code() { return base64url_encode(random_bytes(32), Padding::strip); }

std::string_view token_prefix(std::string_view token) { return token.substr(0, 4); }

std::string hash_token(std::string_view token, int rounds)
{
    return hash_token(token, rounds, hex_encode(random_bytes(8)));
}

std::string hash_token(std::string_view token, int rounds, std::string_view salt)
{
    std::string hashed(algorithm);
    hashed.append(":").append(std::to_string(rounds)).append(":").append(salt);
    return hashed.append(":").append(digest(token, rounds, salt));
}

bool verify_token(std::string_view hashed, std::string_view token)
{
    std::vector<std::string> const parts = split(hashed, ':');
    if (parts.size() != 4 || parts[0] != algorithm || token.empty() || token.size() > maximum_token_length)
        return false;
    auto const rounds = parse_number<int>(parts[1]);
    if (!rounds || *rounds < 1 || *rounds > maximum_rounds)
        return false;
    return equal_in_constant_time(digest(token, *rounds, parts[2]), parts[3]);
}

Result<> check_configured_token(std::string_view token)
{
    if (token.size() < minimum_token_length)
        return fail(Errc::invalid_argument,
                    "Tokens must have at least 8 characters; make one with: openssl rand -hex 32");
    if (token.size() > maximum_token_length)
        return fail(Errc::invalid_argument, "Tokens must not have more than 512 characters.");
    return {};
}

} // namespace jhub::auth

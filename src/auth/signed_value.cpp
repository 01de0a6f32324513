#include "auth/signed_value.hpp"

#include "base/crypto.hpp"
#include "base/encoding.hpp"
#include "base/strings.hpp"

namespace jhub::auth {
namespace {

constexpr std::string_view version = "2|";
constexpr std::string_view key_version = "0"; // the hub has one key
constexpr std::size_t maximum_length = 16 * 1024;

void append_field(std::string& out, std::string_view field)
{
    out.append(std::to_string(field.size())).append(":").append(field).append("|");
}

// Takes "LENGTH:TEXT|" from the front of rest.
std::optional<std::string_view> take_field(std::string_view& rest)
{
    std::size_t const colon = rest.find(':');
    if (colon == std::string_view::npos)
        return std::nullopt;
    auto const length = parse_number<std::size_t>(rest.substr(0, colon));
    std::string_view const after = rest.substr(colon + 1);
    if (!length || *length >= after.size() || after[*length] != '|')
        return std::nullopt;
    rest = after.substr(*length + 1);
    return after.substr(0, *length);
}

std::chrono::sys_seconds whole_seconds(Timestamp time) { return std::chrono::floor<std::chrono::seconds>(time); }

std::string sign(std::string_view secret, std::string_view text) { return hex_encode(hmac_sha256(secret, text)); }

} // namespace

std::string create_signed_value(std::string_view secret, std::string_view name, std::string_view value, Timestamp now)
{
    std::string text(version);
    append_field(text, key_version);
    append_field(text, std::to_string(whole_seconds(now).time_since_epoch().count()));
    append_field(text, name);
    append_field(text, base64_encode(value));
    text.append(sign(secret, text));
    return text;
}

std::optional<std::string> decode_signed_value(std::string_view secret, std::string_view name, std::string_view text,
                                               std::chrono::seconds max_age, Timestamp now)
{
    if (text.size() > maximum_length || !text.starts_with(version))
        return std::nullopt;
    std::string_view rest = text.substr(version.size());
    auto const key = take_field(rest);
    auto const time = key ? take_field(rest) : std::nullopt;
    auto const signed_name = time ? take_field(rest) : std::nullopt;
    auto const value = signed_name ? take_field(rest) : std::nullopt;
    if (!value || *key != key_version)
        return std::nullopt;

    std::string_view const signed_part = text.substr(0, text.size() - rest.size());
    if (!equal_in_constant_time(rest, sign(secret, signed_part)) || *signed_name != name)
        return std::nullopt;
    auto const seconds = parse_number<std::int64_t>(*time);
    if (!seconds || *seconds < (whole_seconds(now) - max_age).time_since_epoch().count() ||
        *seconds > (whole_seconds(now) + allowed_skew).time_since_epoch().count())
        return std::nullopt;
    return base64_decode(*value);
}

} // namespace jhub::auth

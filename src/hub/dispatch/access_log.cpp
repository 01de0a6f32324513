#include "hub/dispatch/access_log.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/strings.hpp"
#include "base/url.hpp"

namespace jhub::hub {
namespace {

constexpr std::array<std::string_view, 9> secret_words{"token", "auth",   "key",      "code",    "state",
                                                       "_xsrf", "secret", "password", "verifier"};
constexpr int deepest_address = 3;
constexpr std::size_t longest_uri = 2048;

bool sounds_secret(std::string_view name)
{
    std::string const lower = to_lower(name);
    return std::ranges::any_of(secret_words,
                               [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

// These end points carry a token or a cookie in their path.
std::string mask_path(std::string_view path)
{
    for (std::string_view const end_point : {"/authorizations/token/", "/authorizations/cookie/"})
        if (auto const at = path.find(end_point); at != std::string_view::npos && at + end_point.size() < path.size())
            return std::string(path.substr(0, at + end_point.size())) + "[secret]";
    return std::string(path);
}

std::string mask(std::string_view uri, int depth);

// An address inside of an address, as in next=, may carry secrets of its own.
std::string mask_value(std::string const& value, int depth)
{
    auto const decoded = percent_decode(replace_all(value, "+", " "));
    if (!decoded || decoded->find('?') == std::string::npos)
        return value;
    if (depth >= deepest_address)
        return "[secret]";
    auto const masked = mask(*decoded, depth + 1);
    return masked == *decoded ? value : percent_encode(masked);
}

std::string mask(std::string_view uri, int depth)
{
    auto const question = uri.find('?');
    std::string result = mask_path(uri.substr(0, question));
    if (question == std::string_view::npos)
        return result;
    result += '?';
    bool first = true;
    for (auto const& part : split(uri.substr(question + 1), '&')) {
        if (!std::exchange(first, false))
            result += '&';
        auto const equals = part.find('=');
        if (equals == std::string::npos)
            result += mask_value(part, depth);
        else if (sounds_secret(std::string_view(part).substr(0, equals)))
            result += part.substr(0, equals) + "=[secret]";
        else
            result += part.substr(0, equals + 1) + mask_value(part.substr(equals + 1), depth);
    }
    return result;
}

} // namespace

std::string without_secrets(std::string_view uri) { return mask(uri, 0); }

std::string access_line(AccessEntry const& entry)
{
    std::string const where =
        entry.location.empty() ? "" : " -> " + printable(without_secrets(entry.location), longest_uri);
    double const milliseconds = std::chrono::duration<double, std::milli>(entry.took).count();
    return fmt::format("{} {} {}{} ({}@{}) {:.2f}ms", entry.status, entry.method,
                       printable(without_secrets(entry.uri), longest_uri), where, printable(entry.user), entry.address,
                       milliseconds);
}

log::Level access_level(AccessEntry const& entry)
{
    if (entry.status >= 500)
        return log::Level::error;
    if (entry.status >= 400)
        return log::Level::warning;
    bool const slow = entry.took >= std::chrono::seconds(1);
    bool const unimportant = entry.status == 304 || (entry.quiet && entry.status < 300);
    return unimportant && !slow ? log::Level::debug : log::Level::info;
}

} // namespace jhub::hub

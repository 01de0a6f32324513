#include "hub/dispatch/access_log.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/strings.hpp"

namespace jhub::hub {
namespace {

constexpr std::array<std::string_view, 6> secret_words{"token", "auth", "key", "code", "state", "_xsrf"};
constexpr std::size_t longest_uri = 2048;

bool sounds_secret(std::string_view name)
{
    std::string const lower = to_lower(name);
    return std::ranges::any_of(secret_words,
                               [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

} // namespace

std::string without_secrets(std::string_view uri)
{
    auto const question = uri.find('?');
    if (question == std::string_view::npos)
        return std::string(uri);
    std::string result(uri.substr(0, question + 1));
    bool first = true;
    for (auto const& part : split(uri.substr(question + 1), '&')) {
        if (!std::exchange(first, false))
            result += '&';
        auto const equals = part.find('=');
        if (equals != std::string::npos && sounds_secret(std::string_view(part).substr(0, equals)))
            result += part.substr(0, equals) + "=[secret]";
        else
            result += part;
    }
    return result;
}

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

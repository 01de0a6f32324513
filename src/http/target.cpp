#include "http/target.hpp"

#include "base/strings.hpp"
#include "http/char_class.hpp"

namespace jhub::http {
namespace {

bool is_port(std::string_view text)
{
    return text.size() <= 5 && chars::all(text, chars::digit) && parse_number<std::uint16_t>(text).has_value();
}

// "[::1]" or "[::1]:80". Only the alphabet of addresses is checked: a name is looked up in tables, never connected to.
bool is_bracketed(std::string_view text)
{
    auto const end = text.find(']');
    if (end == std::string_view::npos || end < 3)
        return false;
    if (text.substr(1, end - 1).find_first_not_of("0123456789abcdefABCDEF:.") != std::string_view::npos)
        return false;
    auto const rest = text.substr(end + 1);
    return rest.empty() || (rest.front() == ':' && is_port(rest.substr(1)));
}

bool split_absolute(std::string_view target, TargetParts& parts)
{
    auto const scheme_end = target.find("://");
    if (scheme_end == std::string_view::npos)
        return false;
    auto const scheme = target.substr(0, scheme_end);
    if (!equals_ignoring_case(scheme, "http") && !equals_ignoring_case(scheme, "https"))
        return false;
    auto const rest = target.substr(scheme_end + 3);
    auto const path = rest.find_first_of("/?");
    parts.form = TargetForm::absolute;
    parts.authority = rest.substr(0, path);
    parts.origin_target = path == std::string_view::npos ? "/" : rest.substr(path);
    // "http://host?query" would need a path put in; nobody sends it.
    return parts.origin_target.front() == '/' && is_authority(parts.authority);
}

} // namespace

bool is_authority(std::string_view text)
{
    if (text.empty())
        return false;
    if (text.front() == '[')
        return is_bracketed(text);
    auto const colon = text.find(':');
    auto const host = text.substr(0, colon);
    return !host.empty() && chars::all(host, chars::host) &&
           (colon == std::string_view::npos || is_port(text.substr(colon + 1)));
}

bool split_target(Method method, std::string_view target, TargetParts& parts)
{
    if (method == Method::connect) {
        parts = {TargetForm::authority, target, {}};
        return target.find(':') != std::string_view::npos && is_authority(target);
    }
    if (target.front() == '/') {
        parts = {TargetForm::origin, {}, target};
        return true;
    }
    if (target == "*") {
        parts = {TargetForm::asterisk, {}, target};
        return method == Method::options;
    }
    return split_absolute(target, parts);
}

} // namespace jhub::http

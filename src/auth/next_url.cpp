#include "auth/next_url.hpp"

#include <algorithm>

#include "base/strings.hpp"

namespace jhub::auth {
namespace {

constexpr std::size_t maximum_length = 8192;

struct Parts {
    std::string_view scheme;    // without ":"; empty for "//host/path" and for plain paths
    std::string_view authority; // empty for plain paths
    bool has_authority = false;
    std::string_view rest; // path, query and fragment
};

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

// "scheme://authority/rest", "//authority/rest" or "/rest".
Parts split_url(std::string_view text)
{
    Parts parts;
    std::size_t const mark = text.find_first_of(":/?#");
    if (mark != std::string_view::npos && text[mark] == ':' && text.substr(mark).starts_with("://")) {
        parts.scheme = text.substr(0, mark);
        text.remove_prefix(mark + 1);
    }
    if (!text.starts_with("//")) {
        parts.rest = text;
        return parts;
    }
    text.remove_prefix(2);
    std::size_t const end = std::min(text.find_first_of("/?#"), text.size());
    parts.has_authority = true;
    parts.authority = text.substr(0, end);
    parts.rest = text.substr(end);
    return parts;
}

bool is_own(Parts const& parts, OwnSite const& site)
{
    bool const scheme_fits = parts.scheme.empty() || equals_ignoring_case(parts.scheme, site.scheme);
    if (scheme_fits && !site.host.empty() && equals_ignoring_case(parts.authority, site.host))
        return true;
    if (site.subdomain_host.empty() || parts.authority.find('@') != std::string_view::npos)
        return false;
    bool const is_web = parts.scheme.empty() || equals_ignoring_case(parts.scheme, "http") ||
                        equals_ignoring_case(parts.scheme, "https");
    std::string const authority = to_lower(parts.authority);
    std::string const domain = to_lower(site.subdomain_host);
    return is_web && (authority == domain || authority.ends_with("." + domain));
}

// Exactly one slash in front; blanks, quotes and everything beyond ASCII escaped, so that it is fit for a header.
std::string emit(std::string_view rest)
{
    constexpr std::string_view digits = "0123456789ABCDEF";
    while (rest.starts_with('/'))
        rest.remove_prefix(1);
    std::string out = "/";
    for (char const c : rest) {
        auto const byte = static_cast<unsigned char>(c);
        if (byte > 0x7E || c == ' ' || c == '"' || c == '<' || c == '>')
            out.append({'%', digits[byte >> 4], digits[byte & 15]});
        else
            out += c;
    }
    return out;
}

} // namespace

std::optional<std::string> validate_next_url(std::string_view next, OwnSite const& site)
{
    if (next.empty() || next.size() > maximum_length || std::ranges::any_of(next, is_control))
        return std::nullopt;
    std::string text = replace_all(std::string(next), "\\", "%5C");
    std::size_t const slashes = std::min(text.find_first_not_of('/'), text.size());
    if (slashes > 2)
        text.erase(0, slashes - 2);

    Parts const parts = split_url(text);
    if (parts.has_authority ? !is_own(parts, site) : !parts.scheme.empty() || !parts.rest.starts_with('/'))
        return std::nullopt;
    return emit(parts.rest);
}

} // namespace jhub::auth

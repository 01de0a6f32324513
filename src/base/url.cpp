#include "base/url.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/encoding.hpp"
#include "base/strings.hpp"

namespace jhub {
namespace {

bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == '~';
}

std::string decode_field(std::string_view text)
{
    std::string const spaced = replace_all(std::string(text), "+", " ");
    return percent_decode(spaced).value_or(spaced);
}

struct SchemePort {
    std::string_view scheme;
    std::uint16_t port;
};
constexpr std::array schemes{SchemePort{"http", 80}, SchemePort{"https", 443},   SchemePort{"ws", 80},
                             SchemePort{"wss", 443}, SchemePort{"http+unix", 0}, SchemePort{"unix+http", 0}};

} // namespace

std::string percent_encode(std::string_view text, std::string_view safe)
{
    std::string out;
    for (char const c : text) {
        if (is_unreserved(c) || safe.find(c) != std::string_view::npos)
            out += c;
        else
            out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return out;
}

std::optional<std::string> percent_decode(std::string_view text)
{
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        auto const byte = i + 2 < text.size() ? hex_decode(text.substr(i + 1, 2)) : std::nullopt;
        if (!byte)
            return std::nullopt;
        out += *byte;
        i += 2;
    }
    return out;
}

std::string escape_name(std::string_view name) { return percent_encode(name, "@"); }

std::string join_path(std::string_view first, std::string_view second)
{
    while (first.ends_with('/'))
        first.remove_suffix(1);
    while (second.starts_with('/'))
        second.remove_prefix(1);
    return fmt::format("{}/{}", first, second);
}

QueryFields parse_query(std::string_view text)
{
    QueryFields fields;
    for (auto const& part : split(text, '&')) {
        if (part.empty())
            continue;
        auto const equals = part.find('=');
        std::string_view const whole = part;
        fields.emplace_back(decode_field(whole.substr(0, equals)),
                            equals == std::string::npos ? "" : decode_field(whole.substr(equals + 1)));
    }
    return fields;
}

std::string build_query(QueryFields const& fields)
{
    std::string out;
    for (auto const& [name, value] : fields) {
        if (!out.empty())
            out += '&';
        out += percent_encode(name) + "=" + percent_encode(value);
    }
    return out;
}

std::optional<std::string> query_value(QueryFields const& fields, std::string_view name)
{
    std::optional<std::string> found;
    for (auto const& [key, value] : fields)
        if (key == name)
            found = value;
    return found;
}

std::string with_query(std::string_view url, std::string_view query)
{
    if (query.empty())
        return std::string(url);
    return fmt::format("{}{}{}", url, url.find('?') == std::string_view::npos ? '?' : '&', query);
}

std::string Url::authority() const
{
    std::string const bracketed = host.find(':') == std::string::npos ? host : "[" + host + "]";
    return has_port ? fmt::format("{}:{}", bracketed, port) : bracketed;
}

std::string Url::origin() const { return scheme + "://" + authority(); }

Result<Url> parse_url(std::string_view text)
{
    auto const refuse = [&](std::string_view why) {
        return fail(Errc::invalid_argument, fmt::format("not a usable URL ({}): {}", why, printable(text)));
    };
    auto const colon = text.find("://");
    if (colon == std::string_view::npos)
        return refuse("no scheme such as http://");
    Url url{.scheme = to_lower(text.substr(0, colon))};
    auto const known = std::ranges::find(schemes, std::string_view(url.scheme), &SchemePort::scheme);
    if (known == schemes.end())
        return refuse("unknown scheme");
    if (text.find_first_of(" \t\r\n\\") != std::string_view::npos)
        return refuse("blank or backslash");
    url.port = known->port;
    auto rest = text.substr(colon + 3);
    auto const path_at = rest.find_first_of("/?#");
    auto authority = rest.substr(0, path_at);
    rest = path_at == std::string_view::npos ? std::string_view{} : rest.substr(path_at);
    rest = rest.substr(0, rest.find('#'));
    auto const query_at = rest.find('?');
    url.path = rest.substr(0, query_at);
    if (url.path.empty())
        url.path = "/";
    if (query_at != std::string_view::npos)
        url.query = rest.substr(query_at + 1);

    if (authority.find('@') != std::string_view::npos)
        return refuse("user information is not supported");
    std::string_view port;
    if (authority.starts_with('[')) {
        auto const close = authority.find(']');
        if (close == std::string_view::npos)
            return refuse("missing ]");
        url.host = authority.substr(1, close - 1);
        authority.remove_prefix(close + 1);
        if (!authority.empty() && !authority.starts_with(':'))
            return refuse("text after ]");
        port = authority.empty() ? authority : authority.substr(1);
    } else {
        auto const port_at = authority.find(':');
        url.host = authority.substr(0, port_at);
        if (port_at != std::string_view::npos)
            port = authority.substr(port_at + 1);
    }
    if (!port.empty()) {
        auto const number = parse_number<std::uint16_t>(port);
        if (!number)
            return refuse("bad port");
        url.port = *number;
        url.has_port = true;
    }
    return url;
}

} // namespace jhub

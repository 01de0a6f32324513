#include "http/cookies.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/strings.hpp"
#include "base/time_text.hpp"

namespace jhub::http {
namespace {

constexpr std::size_t most_cookies = 200;

bool is_octal(char c) { return c >= '0' && c <= '7'; }

// What Python leaves unquoted (http.cookies._LegalChars and ":").
bool is_legal(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~:").find(c) != std::string_view::npos;
}

// Undoes quote(): "\ooo" is a byte, "\x" is x.
std::string unquote(std::string_view text)
{
    if (text.size() < 2 || text.front() != '"' || text.back() != '"')
        return std::string(text);
    text = text.substr(1, text.size() - 2);
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\' || i + 1 == text.size()) {
            out += text[i];
        } else if (i + 3 < text.size() && text[i + 1] <= '3' && std::ranges::all_of(text.substr(i + 1, 3), is_octal)) {
            out += static_cast<char>(*parse_number<int>(text.substr(i + 1, 3), 8));
            i += 3;
        } else {
            out += text[++i];
        }
    }
    return out;
}

std::string quote(std::string_view text)
{
    if (!text.empty() && std::ranges::all_of(text, is_legal))
        return std::string(text);
    std::string out = "\"";
    for (char const c : text) {
        auto const byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\')
            out += {'\\', c};
        else if (byte < 0x20 || byte >= 0x7f || c == ',' || c == ';')
            out += fmt::format("\\{:03o}", byte);
        else
            out += c;
    }
    out += '"';
    return out;
}

void parse_header(std::string_view text, Cookies& cookies)
{
    while (!text.empty() && cookies.size() < most_cookies) {
        auto const end = text.find(';');
        auto const pair = text.substr(0, end);
        auto const equals = pair.find('=');
        if (equals != std::string_view::npos) {
            if (auto const name = trim(pair.substr(0, equals)); !name.empty())
                cookies.emplace_back(name, unquote(trim(pair.substr(equals + 1))));
        }
        text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    }
}

} // namespace

Cookies parse_cookies(std::vector<std::string_view> const& header_values)
{
    Cookies cookies;
    for (auto const value : header_values)
        parse_header(value, cookies);
    return cookies;
}

std::optional<std::string_view> find_cookie(Cookies const& cookies, std::string_view name)
{
    auto const found = std::ranges::find(cookies, name, &Cookies::value_type::first);
    return found == cookies.end() ? std::nullopt : std::optional<std::string_view>(found->second);
}

// Attributes in the order in which Python's Morsel writes them.
std::string to_header(SetCookie const& cookie)
{
    std::string out = cookie.name + "=" + quote(cookie.value);
    if (!cookie.domain.empty())
        out += "; Domain=" + cookie.domain;
    if (cookie.expires)
        out += "; expires=" + to_http_date(*cookie.expires);
    if (cookie.http_only)
        out += "; HttpOnly";
    if (cookie.max_age)
        out += fmt::format("; Max-Age={}", cookie.max_age->count());
    if (!cookie.path.empty())
        out += "; Path=" + cookie.path;
    if (!cookie.same_site.empty())
        out += "; SameSite=" + cookie.same_site;
    if (cookie.secure)
        out += "; Secure";
    return out;
}

} // namespace jhub::http

#include "proxy/request_path.hpp"

#include <algorithm>
#include <array>

#include "base/encoding.hpp"
#include "base/random.hpp"
#include "base/strings.hpp"

namespace jhub::proxy {
namespace {

constexpr std::string_view encoded_in_path = " \"<>`{}";
constexpr std::string_view encoded_in_query = " \"<>'";

// A secret start value keeps strangers from choosing user names that all hash alike.
std::uint64_t hash_seed()
{
    static std::uint64_t const seed = [] {
        std::uint64_t value = 0;
        for (char const byte : random_bytes(sizeof value))
            value = value << 8 | static_cast<unsigned char>(byte);
        return value;
    }();
    return seed;
}

std::uint64_t mix(std::uint64_t hash)
{
    hash ^= hash >> 33;
    hash *= 0xff51afd7ed558ccdULL;
    hash ^= hash >> 33;
    hash *= 0xc4ceb9fe1a85ec53ULL;
    return hash ^ hash >> 33;
}

void append_encoded(std::string& out, std::string_view text, std::string_view set)
{
    static constexpr std::string_view digits = "0123456789ABCDEF";
    for (char const c : text) {
        auto const byte = static_cast<unsigned char>(c);
        if (byte > 0x7e || byte < 0x21 || set.find(c) != std::string_view::npos) {
            out += '%';
            out += digits[byte >> 4];
            out += digits[byte & 15];
        } else {
            out += c;
        }
    }
}

// "." or "%2e" at the front of text: its length, else 0.
std::size_t dot_length(std::string_view text)
{
    if (text.starts_with('.'))
        return 1;
    return text.size() >= 3 && text[0] == '%' && text[1] == '2' && (text[2] == 'e' || text[2] == 'E') ? 3 : 0;
}

enum class Dots { none, one, two };

Dots dots(std::string_view segment)
{
    auto const first = dot_length(segment);
    if (first == 0)
        return Dots::none;
    segment.remove_prefix(first);
    if (segment.empty())
        return Dots::one;
    return dot_length(segment) == segment.size() ? Dots::two : Dots::none;
}

bool needs_no_work(std::string_view path)
{
    for (std::size_t i = 0; i < path.size(); ++i) {
        char const c = path[i];
        if (c <= ' ' || c > '~' || c == '\\' || encoded_in_path.find(c) != std::string_view::npos)
            return false;
        if (c == '/' && i + 1 < path.size() && dot_length(path.substr(i + 1)) != 0)
            return false;
    }
    return true;
}

std::string normalised(std::string_view path)
{
    if (needs_no_work(path))
        return std::string(path);
    std::string out;
    std::size_t at = 1; // behind the leading slash
    while (true) {
        auto const end = std::min(path.find_first_of("/\\", at), path.size());
        auto const segment = path.substr(at, end - at);
        bool const last = end == path.size();
        Dots const kind = dots(segment);
        if (kind == Dots::two)
            out.erase(std::min(out.rfind('/'), out.size()));
        if (kind == Dots::none) {
            out += '/';
            append_encoded(out, segment, encoded_in_path);
        } else if (last) {
            out += '/';
        }
        if (last)
            return out;
        at = end + 1;
    }
}

} // namespace

Result<RequestPath> parse_request_target(std::string_view target)
{
    RequestPath result;
    if (target == "*") {
        result.path = "/*"; // OPTIONS * has no path to route by; "/" routes take it
        return result;
    }
    if (!target.starts_with('/'))
        return fail(Errc::invalid_argument, "The request target is not a path");
    auto const question = target.find('?');
    auto const path = target.substr(0, question);
    result.path = normalised(path);
    if (question != std::string_view::npos) {
        result.has_query = true;
        append_encoded(result.query, target.substr(question + 1), encoded_in_query);
    }
    return result;
}

void RouteKey::clear()
{
    text_.clear();
    prefixes_.clear();
    hash_ = hash_seed();
    end_segment();
}

void RouteKey::add(char c)
{
    text_ += c;
    hash_ = (hash_ ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
}

void RouteKey::end_segment() { prefixes_.push_back({static_cast<std::uint32_t>(text_.size()), mix(hash_)}); }

void RouteKey::append_segment(std::string_view decoded)
{
    if (prefixes_.empty())
        clear();
    add('/');
    for (char const c : decoded)
        add(c == '/' ? '\0' : c);
    end_segment();
}

bool RouteKey::append_path(std::string_view encoded_path)
{
    if (prefixes_.empty())
        clear();
    bool plain_ascii = true;
    auto const start = text_.size();
    for (std::size_t i = 0; i < encoded_path.size(); ++i) {
        char c = encoded_path[i];
        if (c == '/') {
            if (i != 0)
                end_segment();
            add('/');
            continue;
        }
        if (c == '%') {
            int const high = i + 2 < encoded_path.size() ? hex_digit(encoded_path[i + 1]) : -1;
            int const low = high < 0 ? -1 : hex_digit(encoded_path[i + 2]);
            if (low < 0 || (high | low) == 0)
                return false;
            c = static_cast<char>(high << 4 | low);
            i += 2;
            if (c == '/')
                c = '\0';
        }
        plain_ascii = plain_ascii && static_cast<unsigned char>(c) < 0x80;
        add(c);
    }
    end_segment();
    return plain_ascii || is_valid_utf8(std::string_view(text_).substr(start));
}

std::string shown_key(std::string_view key)
{
    if (key.empty())
        return "/";
    return replace_all(std::string(key), std::string_view("\0", 1), "%2F");
}

Result<RouteKey> route_key(std::string_view encoded_path, bool host_routing)
{
    std::string path(encoded_path);
    if (!path.starts_with('/'))
        path.insert(0, 1, '/');
    if (path.ends_with('/'))
        path.pop_back();
    RouteKey key;
    key.clear();
    if (path.empty())
        return key;
    if (host_routing) {
        auto const end = std::min(path.find('/', 1), path.size());
        std::ranges::transform(path.begin(), path.begin() + static_cast<std::ptrdiff_t>(end), path.begin(),
                               [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
    }
    if (!key.append_path(path))
        return fail(Errc::invalid_argument, "The path has a broken escape: " + printable(encoded_path));
    for (auto const& part : split(replace_all(std::string(key.text()), std::string_view("\0", 1), "/"), '/'))
        if (part == "." || part == "..")
            return fail(Errc::invalid_argument, "The path may not hold dot segments: " + printable(encoded_path));
    return key;
}

std::string_view host_port(std::string_view host_header)
{
    auto const bracket = host_header.rfind(']');
    auto const colon = host_header.find(':', bracket == std::string_view::npos ? 0 : bracket);
    return colon == std::string_view::npos ? std::string_view{} : host_header.substr(colon + 1);
}

std::string host_name(std::string_view host_header)
{
    auto const port = host_port(host_header);
    auto name = host_header.substr(0, host_header.size() - (port.data() != nullptr ? port.size() + 1 : 0));
    if (name.ends_with('.'))
        name.remove_suffix(1);
    return to_lower(name);
}

std::string upstream_path(Target const& target, RequestPath const& request, std::size_t matched_segments,
                          JoinRules rules)
{
    std::string_view own = request.path;
    if (!rules.include_prefix) {
        std::size_t cut = 0;
        for (; matched_segments > 0 && cut != std::string_view::npos; --matched_segments)
            cut = own.find('/', cut + 1);
        own = cut == std::string_view::npos ? std::string_view{} : own.substr(cut);
    }
    std::string out;
    out.reserve(target.base_path().size() + own.size() + target.query().size() + request.query.size() + 2);
    std::string_view const target_query = rules.prepend_path ? target.query() : std::string_view{};
    if (rules.prepend_path)
        out += target.base_path();
    out += own;
    if (out.empty())
        out = "/";
    if (!target_query.empty()) {
        out += '?';
        out += target_query;
    }
    if (request.has_query) {
        out += target_query.empty() ? '?' : '&';
        out += request.query;
    }
    return out;
}

} // namespace jhub::proxy

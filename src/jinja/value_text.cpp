// str() and repr() of values, HTML escaping, and UTF-8.
#include "jinja/text.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "base/strings.hpp"

namespace jhub::jinja {
namespace {

// Python prefers single quotes unless the text has some and no double ones.
std::string repr_text(std::string_view text)
{
    char const quote = text.contains('\'') && !text.contains('"') ? '"' : '\'';
    std::string out(1, quote);
    for (char const c : text) {
        if (c == quote || c == '\\')
            out += {'\\', c};
        else if (c == '\n')
            out += "\\n";
        else if (c == '\r')
            out += "\\r";
        else if (c == '\t')
            out += "\\t";
        else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
            out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        else
            out += c;
    }
    return out + quote;
}

// Containers within each other print at most this deep; Python would raise RecursionError much later.
constexpr int max_print_depth = 60;

std::string repr_at(Value const& value, int depth);

std::string repr_sequence(Sequence const& sequence, int depth)
{
    std::string out(1, sequence.is_tuple ? '(' : '[');
    for (std::size_t i = 0; i < sequence.items.size(); ++i) {
        out += i ? ", " : "";
        out += repr_at(sequence.items[i], depth);
    }
    if (sequence.is_tuple)
        return out + (sequence.items.size() == 1 ? ",)" : ")");
    return out + "]";
}

std::string repr_dict(Dict const& dict, int depth)
{
    std::string out = "{";
    for (auto const& [key, value] : dict) {
        out += out.size() > 1 ? ", " : "";
        out += repr_at(key, depth) + ": " + repr_at(value, depth);
    }
    return out + "}";
}

std::string repr_at(Value const& value, int depth)
{
    if (depth > max_print_depth)
        return "...";
    switch (value.kind()) {
    case Value::Kind::text:
        return value.is_markup() ? "Markup(" + repr_text(value.text()) + ")" : repr_text(value.text());
    case Value::Kind::sequence:
        return repr_sequence(*value.sequence(), depth + 1);
    case Value::Kind::dict:
        return repr_dict(*value.dict(), depth + 1);
    case Value::Kind::undefined:
        return "Undefined";
    default:
        return value.to_text();
    }
}

struct Entity {
    std::string_view name;
    std::string_view text;
};

constexpr std::array<Entity, 14> entities{{{"amp", "&"},
                                           {"lt", "<"},
                                           {"gt", ">"},
                                           {"quot", "\""},
                                           {"apos", "'"},
                                           {"nbsp", "\u00a0"},
                                           {"copy", "©"},
                                           {"reg", "®"},
                                           {"hellip", "…"},
                                           {"mdash", "—"},
                                           {"ndash", "–"},
                                           {"laquo", "«"},
                                           {"raquo", "»"},
                                           {"euro", "€"}}};

// The text of the entity named between & and ;, or nothing if there is no such one.
std::string entity_text(std::string_view name)
{
    if (name.starts_with('#')) {
        bool const hex = name.starts_with("#x") || name.starts_with("#X");
        auto const code = parse_number<std::uint32_t>(name.substr(hex ? 2 : 1), hex ? 16 : 10);
        std::string out;
        if (code && *code > 0 && *code < 0x110000)
            append_code_point(out, *code);
        return out;
    }
    for (Entity const& entity : entities)
        if (entity.name == name)
            return std::string(entity.text);
    return {};
}

} // namespace

void append_escaped(std::string& out, std::string_view text)
{
    std::size_t start = 0;
    for (std::size_t at = text.find_first_of("&<>\"'"); at != text.npos; at = text.find_first_of("&<>\"'", start)) {
        out += text.substr(start, at - start);
        switch (text[at]) {
        case '&':
            out += "&amp;";
            break;
        case '<':
            out += "&lt;";
            break;
        case '>':
            out += "&gt;";
            break;
        case '"':
            out += "&#34;";
            break;
        default:
            out += "&#39;";
        }
        start = at + 1;
    }
    out += text.substr(start);
}

std::string escaped(std::string_view text)
{
    std::string out;
    out.reserve(text.size() + text.size() / 8);
    append_escaped(out, text);
    return out;
}

std::string unescaped(std::string_view text)
{
    std::string out;
    while (!text.empty()) {
        std::size_t const start = std::min(text.find('&'), text.size());
        out += text.substr(0, start);
        text.remove_prefix(start);
        std::size_t const end = text.find(';');
        std::string const replacement = end == text.npos ? std::string() : entity_text(text.substr(1, end - 1));
        if (!replacement.empty()) {
            out += replacement;
            text.remove_prefix(end + 1);
        } else if (!text.empty()) {
            out += text.front();
            text.remove_prefix(1);
        }
    }
    return out;
}

std::string escaped_value(Value const& value)
{
    if (value.is_markup())
        return value.text();
    if (value.kind() == Value::Kind::object && value.object().safe_text())
        return value.object().text();
    return value.is_text() ? escaped(value.text()) : escaped(value.to_text());
}

Value soft_text(Value const& value) { return value.is_text() ? value : Value(value.to_text()); }

Value text_like(Value const& model, std::string text)
{
    return model.is_markup() ? Value::markup(std::move(text)) : Value(std::move(text));
}

std::string float_text(double number)
{
    if (std::isnan(number))
        return "nan";
    if (std::isinf(number))
        return number < 0 ? "-inf" : "inf";
    // Python: shortest digits, scientific below 1e-4 and from 1e16 on.
    double const size = std::fabs(number);
    bool const scientific = size != 0 && (size < 1e-4 || size >= 1e16);
    std::array<char, 64> buffer{};
    auto const [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number,
                                            scientific ? std::chars_format::scientific : std::chars_format::fixed);
    std::string out(buffer.data(), end);
    if (!scientific && !out.contains('.'))
        out += ".0";
    return out;
}

std::string Value::to_text() const
{
    switch (kind()) {
    case Kind::undefined:
        return {};
    case Kind::none:
        return "None";
    case Kind::boolean:
        return boolean() ? "True" : "False";
    case Kind::integer:
        return fmt::format_int(integer()).str();
    case Kind::real:
        return float_text(real());
    case Kind::text:
        return text();
    case Kind::object:
        return object().text();
    case Kind::sequence:
    case Kind::dict:
        return repr();
    }
    std::unreachable();
}

std::string Value::repr() const { return repr_at(*this, 0); }

std::size_t code_point_size(std::string_view text)
{
    auto const first = static_cast<unsigned char>(text.front());
    std::size_t const size = first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (size > text.size())
        return 1;
    for (std::size_t i = 1; i < size; ++i)
        if ((static_cast<unsigned char>(text[i]) & 0xc0) != 0x80)
            return 1;
    return size;
}

std::size_t code_point_count(std::string_view text)
{
    std::size_t count = 0;
    for (; !text.empty(); ++count)
        text.remove_prefix(code_point_size(text));
    return count;
}

std::vector<std::string_view> code_points(std::string_view text)
{
    std::vector<std::string_view> points;
    while (!text.empty()) {
        points.push_back(text.substr(0, code_point_size(text)));
        text.remove_prefix(points.back().size());
    }
    return points;
}

std::string_view code_point_range(std::string_view text, std::size_t from, std::size_t to)
{
    std::size_t begin = 0;
    for (std::size_t i = 0; i < from && begin < text.size(); ++i)
        begin += code_point_size(text.substr(begin));
    std::size_t end = begin;
    for (std::size_t i = from; i < to && end < text.size(); ++i)
        end += code_point_size(text.substr(end));
    return text.substr(begin, end - begin);
}

void append_code_point(std::string& out, std::uint32_t code_point)
{
    auto const byte = [&out](std::uint32_t value) { out += static_cast<char>(static_cast<unsigned char>(value)); };
    if (code_point < 0x80) {
        byte(code_point);
    } else if (code_point < 0x800) {
        byte(0xc0 | code_point >> 6);
        byte(0x80 | (code_point & 0x3f));
    } else if (code_point < 0x10000) {
        byte(0xe0 | code_point >> 12);
        byte(0x80 | (code_point >> 6 & 0x3f));
        byte(0x80 | (code_point & 0x3f));
    } else {
        byte(0xf0 | code_point >> 18);
        byte(0x80 | (code_point >> 12 & 0x3f));
        byte(0x80 | (code_point >> 6 & 0x3f));
        byte(0x80 | (code_point & 0x3f));
    }
}

std::string upper(std::string_view text)
{
    std::string out(text);
    for (char& c : out)
        if (c >= 'a' && c <= 'z')
            c = static_cast<char>(c - 'a' + 'A');
    return out;
}

std::string lower(std::string_view text) { return to_lower(text); }

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

} // namespace jhub::jinja

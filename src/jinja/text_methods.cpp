// Python's methods of str. Markup stays markup where MarkupSafe keeps it, with text arguments escaped.
#include <algorithm>
#include <array>

#include "base/strings.hpp"
#include "jinja/failure.hpp"
#include "jinja/limits.hpp"
#include "jinja/operations.hpp"
#include "jinja/text.hpp"

namespace jhub::jinja {
namespace {

// What a method works on: the text, and its arguments.
struct Method {
    Value const& self;
    Arguments const& arguments;

    [[nodiscard]] std::string const& text() const { return self.text(); }
    [[nodiscard]] bool has(std::size_t place) const { return place < arguments.positional.size(); }

    [[nodiscard]] Value const& value(std::size_t place) const
    {
        if (!has(place))
            give_up("missing argument");
        return arguments.positional[place];
    }
    // A text argument, escaped if the text is markup and the argument is not.
    [[nodiscard]] std::string text(std::size_t place) const
    {
        Value const& argument = value(place);
        if (!argument.is_text())
            give_up("expected a string, not {}", argument.type_name());
        return self.is_markup() ? escaped_value(argument) : argument.text();
    }
    [[nodiscard]] std::int64_t integer(std::size_t place, std::int64_t fallback) const
    {
        return has(place) ? integer_of(value(place)) : fallback;
    }
    [[nodiscard]] Value like(std::string out) const { return text_like(self, std::move(out)); }
};

// The characters to strip: those given, or blanks.
std::string strip_set(Method const& m) { return m.has(0) && !m.value(0).is_none() ? m.text(0) : " \t\n\r\v\f"; }

std::string stripped(std::string_view text, std::string const& characters, bool left, bool right)
{
    auto const set = code_points(characters);
    auto points = code_points(text);
    auto const strips = [&set](std::string_view point) { return std::ranges::find(set, point) != set.end(); };
    std::size_t from = 0;
    std::size_t to = points.size();
    while (left && from < to && strips(points[from]))
        ++from;
    while (right && to > from && strips(points[to - 1]))
        --to;
    std::string out;
    for (; from < to; ++from)
        out += points[from];
    return out;
}

Value strip(Method const& m) { return m.like(stripped(m.text(), strip_set(m), true, true)); }

Value strip_left(Method const& m) { return m.like(stripped(m.text(), strip_set(m), true, false)); }

Value strip_right(Method const& m) { return m.like(stripped(m.text(), strip_set(m), false, true)); }

Value split_at_blanks(Method const& m, std::int64_t limit)
{
    List parts;
    std::string_view rest = m.text();
    while (true) {
        while (!rest.empty() && is_blank(rest.front()))
            rest.remove_prefix(1);
        if (rest.empty())
            return parts;
        auto const end = limit == 0 ? rest.end() : std::ranges::find_if(rest, is_blank);
        auto const size = static_cast<std::size_t>(end - rest.begin());
        parts.push_back(m.like(std::string(rest.substr(0, size))));
        rest.remove_prefix(size);
        --limit;
    }
}

Value split(Method const& m)
{
    Value const* separator_value = m.arguments.get(0, "sep");
    Value const* limit_value = m.arguments.get(1, "maxsplit");
    std::int64_t limit = limit_value ? integer_of(*limit_value) : -1;
    if (!separator_value || separator_value->is_none())
        return split_at_blanks(m, limit);
    std::string const separator = separator_value->to_text();
    if (separator.empty())
        give_up("empty separator");
    List parts;
    std::string_view rest = m.text();
    for (std::size_t at = rest.find(separator); at != rest.npos && limit != 0; at = rest.find(separator), --limit) {
        parts.push_back(m.like(std::string(rest.substr(0, at))));
        rest.remove_prefix(at + separator.size());
    }
    parts.push_back(m.like(std::string(rest)));
    return parts;
}

Value split_from_right(Method const& m)
{
    if (!m.has(0) || m.value(0).is_none())
        return split(m);
    std::string const separator = m.text(0);
    if (separator.empty())
        give_up("empty separator");
    List parts;
    std::string_view rest = m.text();
    std::int64_t limit = m.integer(1, -1);
    for (std::size_t at = rest.rfind(separator); at != rest.npos && limit != 0; at = rest.rfind(separator), --limit) {
        parts.insert(parts.begin(), m.like(std::string(rest.substr(at + separator.size()))));
        rest = rest.substr(0, at);
    }
    parts.insert(parts.begin(), m.like(std::string(rest)));
    return parts;
}

Value split_lines(Method const& m)
{
    List lines;
    std::string_view rest = m.text();
    while (!rest.empty()) {
        std::size_t const end = std::min(rest.find('\n'), rest.size());
        std::string_view line = rest.substr(0, end);
        if (line.ends_with('\r'))
            line.remove_suffix(1);
        lines.push_back(m.like(std::string(line)));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return lines;
}

Value replace(Method const& m)
{
    std::string const from = m.text(0);
    std::string const to = m.text(1);
    std::int64_t limit = m.integer(2, -1);
    std::string out;
    std::string_view rest = m.text();
    if (from.empty()) { // between all characters
        for (; limit != 0; --limit) {
            out += to;
            if (rest.empty())
                return m.like(out);
            out += rest.substr(0, code_point_size(rest));
            rest.remove_prefix(code_point_size(rest));
            require_reasonable_size(out.size());
        }
        return m.like(out + std::string(rest));
    }
    for (std::size_t at = rest.find(from); at != rest.npos && limit != 0; at = rest.find(from), --limit) {
        out += rest.substr(0, at);
        out += to;
        rest.remove_prefix(at + from.size());
        require_reasonable_size(out.size());
    }
    return m.like(out + std::string(rest));
}

// startswith and endswith take one text or a tuple of them.
template <typename Test> bool any_affix(Method const& m, Test test)
{
    if (m.value(0).is_text())
        return test(m.value(0).text());
    return std::ranges::any_of(items_of(m.value(0)), [&](Value const& item) { return test(item.to_text()); });
}

Value join_items(Method const& m)
{
    std::string out;
    bool first = true;
    for (Value const& item : items_of(m.value(0))) {
        if (!item.is_text())
            give_up("sequence item: expected str instance, {} found", item.type_name());
        out += first ? "" : m.text();
        out += m.self.is_markup() ? escaped_value(item) : item.text();
        first = false;
        require_reasonable_size(out.size());
    }
    return m.like(std::move(out));
}

// In code points; -1 if it is not there.
std::int64_t position(Method const& m, bool last)
{
    std::size_t const at = last ? m.text().rfind(m.text(0)) : m.text().find(m.text(0));
    if (at == std::string::npos)
        return -1;
    return static_cast<std::int64_t>(code_point_count(std::string_view(m.text()).substr(0, at)));
}

Value index(Method const& m)
{
    std::int64_t const at = position(m, false);
    if (at < 0)
        give_up("substring not found");
    return at;
}

std::int64_t occurrences(std::string_view text, std::string_view wanted)
{
    if (wanted.empty())
        return static_cast<std::int64_t>(code_point_count(text)) + 1;
    std::int64_t count = 0;
    for (std::size_t at = text.find(wanted); at != text.npos; at = text.find(wanted, at + wanted.size()))
        ++count;
    return count;
}

std::string capitalized(std::string_view text)
{
    std::string out = lower(text);
    if (!out.empty())
        out[0] = upper(out.substr(0, 1))[0];
    return out;
}

// Python's title(): a letter after a non-letter is large.
std::string titled(std::string_view text)
{
    std::string out = lower(text);
    bool in_word = false;
    for (char& c : out) {
        bool const letter = (c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 0x80;
        if (letter && !in_word)
            c = upper(std::string(1, c))[0];
        in_word = letter;
    }
    return out;
}

std::string case_swapped(std::string_view text)
{
    std::string out(text);
    for (char& c : out)
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
            c = static_cast<char>(c ^ 0x20);
    return out;
}

enum class Side { left, right, both };

// Fills up to a width; both sides as Python's center() shares the rest.
Value padded(Method const& m, Side text_at)
{
    std::int64_t const width = std::min<std::int64_t>(m.integer(0, 0), max_text_bytes);
    std::string const fill = m.has(1) ? m.text(1) : " ";
    auto const size = static_cast<std::int64_t>(code_point_count(m.text()));
    std::int64_t const missing = std::max<std::int64_t>(width - size, 0);
    std::int64_t const left = text_at == Side::left    ? 0
                              : text_at == Side::right ? missing
                                                       : missing / 2 + (missing & width & 1);
    require_reasonable_size(static_cast<std::size_t>(missing) * fill.size());
    std::string out;
    for (std::int64_t i = 0; i < left; ++i)
        out += fill;
    out += m.text();
    for (std::int64_t i = left; i < missing; ++i)
        out += fill;
    return m.like(std::move(out));
}

Value zero_filled(Method const& m)
{
    auto const width = static_cast<std::size_t>(std::clamp<std::int64_t>(m.integer(0, 0), 0, max_text_bytes));
    std::string out = m.text();
    std::size_t const size = code_point_count(out);
    if (size < width)
        out.insert(out.starts_with('-') || out.starts_with('+') ? 1 : 0, width - size, '0');
    return m.like(std::move(out));
}

Value partition(Method const& m, bool from_right)
{
    std::string const separator = m.text(0);
    std::string const& text = m.text();
    std::size_t const at = from_right ? text.rfind(separator) : text.find(separator);
    if (separator.empty())
        give_up("empty separator");
    if (at == std::string::npos)
        return from_right ? Value::tuple({m.like(""), m.like(""), m.self})
                          : Value::tuple({m.self, m.like(""), m.like("")});
    return Value::tuple({m.like(text.substr(0, at)), m.like(separator), m.like(text.substr(at + separator.size()))});
}

template <typename Test> bool all_bytes(std::string_view text, Test test)
{
    return !text.empty() && std::ranges::all_of(text, test);
}

bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
}

bool is_decimal(char c) { return c >= '0' && c <= '9'; }

struct TextMethod {
    std::string_view name;
    Value (*call)(Method const& m);
};

constexpr auto text_methods = std::to_array<TextMethod>({
    {"upper", [](Method const& m) { return m.like(upper(m.text())); }},
    {"lower", [](Method const& m) { return m.like(lower(m.text())); }},
    {"casefold", [](Method const& m) { return m.like(lower(m.text())); }},
    {"title", [](Method const& m) { return m.like(titled(m.text())); }},
    {"capitalize", [](Method const& m) { return m.like(capitalized(m.text())); }},
    {"swapcase", [](Method const& m) { return m.like(case_swapped(m.text())); }},
    {"strip", strip},
    {"lstrip", strip_left},
    {"rstrip", strip_right},
    {"split", split},
    {"rsplit", split_from_right},
    {"splitlines", split_lines},
    {"replace", replace},
    {"join", join_items},
    {"startswith",
     [](Method const& m) -> Value {
         return any_affix(m, [&](std::string const& affix) { return m.text().starts_with(affix); });
     }},
    {"endswith",
     [](Method const& m) -> Value {
         return any_affix(m, [&](std::string const& affix) { return m.text().ends_with(affix); });
     }},
    {"removeprefix",
     [](Method const& m) {
         bool const found = m.text().starts_with(m.text(0));
         return m.like(m.text().substr(found ? m.text(0).size() : 0));
     }},
    {"removesuffix",
     [](Method const& m) {
         bool const found = m.text().ends_with(m.text(0));
         return m.like(m.text().substr(0, m.text().size() - (found ? m.text(0).size() : 0)));
     }},
    {"find", [](Method const& m) -> Value { return position(m, false); }},
    {"rfind", [](Method const& m) -> Value { return position(m, true); }},
    {"index", index},
    {"count", [](Method const& m) -> Value { return occurrences(m.text(), m.text(0)); }},
    {"partition", [](Method const& m) { return partition(m, false); }},
    {"rpartition", [](Method const& m) { return partition(m, true); }},
    {"ljust", [](Method const& m) { return padded(m, Side::left); }},
    {"rjust", [](Method const& m) { return padded(m, Side::right); }},
    {"center", [](Method const& m) { return padded(m, Side::both); }},
    {"zfill", zero_filled},
    {"format", [](Method const& m) { return brace_format(m.self, m.arguments); }},
    {"isdigit", [](Method const& m) -> Value { return all_bytes(m.text(), is_decimal); }},
    {"isnumeric", [](Method const& m) -> Value { return all_bytes(m.text(), is_decimal); }},
    {"isalpha", [](Method const& m) -> Value { return all_bytes(m.text(), is_letter); }},
    {"isalnum",
     [](Method const& m) -> Value {
         return all_bytes(m.text(), [](char c) { return is_letter(c) || is_decimal(c); });
     }},
    {"isspace", [](Method const& m) -> Value { return all_bytes(m.text(), is_blank); }},
    {"isupper", [](Method const& m) -> Value { return m.text() != lower(m.text()) && m.text() == upper(m.text()); }},
    {"islower", [](Method const& m) -> Value { return m.text() != upper(m.text()) && m.text() == lower(m.text()); }},
});

} // namespace

Value text_method(Value const& text, std::string_view name)
{
    auto const method = std::ranges::find(text_methods, name, &TextMethod::name);
    if (method == text_methods.end())
        return {};
    return Value::function([text, call = method->call](Arguments const& arguments) -> Result<Value> {
        return call(Method{text, arguments});
    });
}

} // namespace jhub::jinja

// Filters that take and give text.
#include <algorithm>
#include <array>

#include "base/strings.hpp"
#include "base/url.hpp"
#include "jinja/call.hpp"
#include "jinja/failure.hpp"
#include "jinja/frame.hpp"
#include "jinja/limits.hpp"
#include "jinja/operations.hpp"
#include "jinja/text.hpp"

namespace jhub::jinja {
namespace {

// Calls a method of str on the input, whatever the input is: how Jinja defines many of its filters.
Value by_method(Call const& call, std::string_view method, Arguments const& arguments)
{
    Value const function = text_method(soft_text(call.input), method);
    return *function.object().call(arguments);
}

Value title(Call const& call)
{
    // A word begins after a blank, a dash or an opening bracket; the rest of it becomes small.
    std::string out = lower(call.input.to_text());
    bool begins = true;
    for (char& c : out) {
        if (begins)
            c = upper(std::string(1, c))[0];
        begins = is_blank(c) || std::string_view("-({[<").contains(c);
    }
    return out;
}

Value replace(Call const& call)
{
    Value text = soft_text(call.input);
    Value const from = soft_text(*call.get(0));
    Value const to = soft_text(*call.get(1));
    if (call.frame.autoescape && !text.is_markup() && (from.is_markup() || to.is_markup()))
        text = Value::markup(escaped_value(text));
    if (!call.frame.autoescape)
        text = Value(text.text());
    Value const* count = call.get(2);
    Value const limit = count && !count->is_none() ? *count : Value(-1);
    return *text_method(text, "replace").object().call({.positional = {from, to, limit}, .named = {}});
}

Value center(Call const& call) { return by_method(call, "center", {.positional = {call.integer(0, 80)}, .named = {}}); }

Value trim(Call const& call)
{
    Value const* characters = call.get(0);
    return by_method(call, "strip", {.positional = {characters ? *characters : Value(nullptr)}, .named = {}});
}

Value format(Call const& call)
{
    if (!call.arguments.positional.empty() && !call.arguments.named.empty())
        give_up("can't handle positional and keyword arguments at the same time");
    if (call.arguments.named.empty())
        return percent_format(soft_text(call.input), Value::tuple(call.arguments.positional));
    Dict values;
    for (auto const& [name, value] : call.arguments.named)
        values.set(name, value);
    return percent_format(soft_text(call.input), values);
}

Value indent(Call const& call)
{
    Value const* width = call.get(0);
    std::string margin;
    if (width && width->is_text())
        margin = width->text();
    else
        margin = std::string(static_cast<std::size_t>(std::clamp<std::int64_t>(call.integer(0, 4), 0, 1000)), ' ');
    bool const first = call.flag(1, false);
    bool const blank = call.flag(2, false);
    std::string const text = call.input.to_text();
    std::string out;
    std::size_t number = 0;
    for (std::string const& line : split(text, '\n')) {
        out += number ? "\n" : "";
        if ((number > 0 || first) && (blank || !line.empty() || number == 0))
            out += margin;
        out += line;
        ++number;
        require_reasonable_size(out.size());
    }
    return text_like(call.input, std::move(out));
}

Value truncate(Call const& call)
{
    Value const text = soft_text(call.input);
    std::string const end = call.text(2, "...");
    std::int64_t const length = call.integer(0, 255);
    auto const end_size = static_cast<std::int64_t>(code_point_count(end));
    if (length < end_size)
        give_up("expected length >= {}, got {}", end_size, length);
    if (static_cast<std::int64_t>(code_point_count(text.text())) <= length + call.integer(3, 5))
        return text;
    std::string_view kept = code_point_range(text.text(), 0, static_cast<std::size_t>(length - end_size));
    if (!call.flag(1, false))
        if (std::size_t const blank = kept.rfind(' '); blank != kept.npos)
            kept = kept.substr(0, blank);
    return text_like(text, std::string(kept) + (text.is_markup() ? escaped(end) : end));
}

bool is_word_part(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           static_cast<unsigned char>(c) >= 0x80;
}

Value word_count(Call const& call)
{
    std::int64_t count = 0;
    bool in_word = false;
    for (char const c : call.input.to_text()) {
        count += !in_word && is_word_part(c) ? 1 : 0;
        in_word = is_word_part(c);
    }
    return count;
}

// Lines of at most a width; long words are broken, existing line ends stay.
Value word_wrap(Call const& call)
{
    auto const width = static_cast<std::size_t>(std::clamp<std::int64_t>(call.integer(0, 79), 1, 10'000));
    bool const break_words = call.flag(1, true);
    std::string const separator = call.text(2, "\n");
    std::string out;
    bool first = true;
    for (std::string const& paragraph : split(call.input.to_text(), '\n')) {
        out += first ? "" : separator;
        first = false;
        std::size_t used = 0;
        for (std::string word : split(paragraph, ' ')) {
            if (used > 0 && used + 1 + code_point_count(word) > width) {
                out += separator;
                used = 0;
            } else if (used > 0) {
                out += ' ';
                ++used;
            }
            while (break_words && code_point_count(word) > width) {
                std::string_view const part = code_point_range(word, 0, width);
                out += std::string(part) + separator;
                word.erase(0, part.size());
            }
            out += word;
            used += code_point_count(word);
        }
    }
    return text_like(call.input, std::move(out));
}

// Jinja quotes all but letters, digits and "_.-~/"; in the parts of a query "/" as well, and blanks become "+".
std::string query_part(Value const& value) { return replace_all(percent_encode(value.to_text()), "%20", "+"); }

Value url_encode(Call const& call)
{
    bool const pairs = call.input.kind() == Value::Kind::dict || call.input.kind() == Value::Kind::sequence;
    if (!pairs)
        return percent_encode(call.input.to_text(), "/");
    List const items = call.input.kind() == Value::Kind::dict
                           ? items_of(*method_of(call.input, "items").object().call({}))
                           : items_of(call.input);
    std::string out;
    for (Value const& item : items) {
        List const pair = items_of(item);
        if (pair.size() != 2)
            give_up("urlencode needs pairs");
        out += (out.empty() ? "" : "&") + query_part(pair[0]) + "=" + query_part(pair[1]);
    }
    return out;
}

Value text_of(Call const& call) { return soft_text(call.input); }

constexpr auto filters = std::to_array<FilterEntry>({
    {"upper", [](Call const& call) { return by_method(call, "upper", {}); }, ""},
    {"lower", [](Call const& call) { return by_method(call, "lower", {}); }, ""},
    {"capitalize", [](Call const& call) { return by_method(call, "capitalize", {}); }, ""},
    {"title", title, ""},
    {"trim", trim, "chars"},
    {"replace", replace, "old new count", 2},
    {"center", center, "width"},
    {"format", format, "*"},
    {"indent", indent, "width first blank"},
    {"truncate", truncate, "length killwords end leeway"},
    {"wordcount", word_count, ""},
    {"wordwrap", word_wrap, "width break_long_words wrapstring break_on_hyphens"},
    {"urlencode", url_encode, ""},
    {"string", text_of, ""},
});

} // namespace

std::span<FilterEntry const> text_filters() { return filters; }

} // namespace jhub::jinja

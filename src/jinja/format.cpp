// Python's two ways to fill text: "%s of %d" % values, and "{} of {name:>5}".format(…).
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/strings.hpp"
#include "jinja/failure.hpp"
#include "jinja/limits.hpp"
#include "jinja/operations.hpp"
#include "jinja/text.hpp"

namespace jhub::jinja {
namespace {

// What both notations say about one field.
struct Spec {
    std::string fill = " ";
    char align = 0; // < > ^ =
    char sign = '-';
    bool alternate = false;
    bool grouped = false; // 1,000
    std::size_t width = 0;
    std::optional<int> precision;
    char type = 0;
};

constexpr int max_precision = 100;
constexpr std::size_t max_width = 10'000;

std::string grouped(std::string digits)
{
    std::size_t const end = std::min(digits.find_first_of(".e"), digits.size());
    for (std::size_t at = end; at > 3; at -= 3)
        digits.insert(at - 3, ",");
    return digits;
}

std::string padded(std::string text, Spec const& spec, char default_align)
{
    std::size_t const size = code_point_count(text);
    if (size >= spec.width)
        return text;
    std::size_t const missing = spec.width - size;
    char const align = spec.align ? spec.align : default_align;
    std::size_t const left = align == '<' ? 0 : align == '^' ? missing / 2 : missing;
    std::string before;
    std::string after;
    for (std::size_t i = 0; i < missing; ++i)
        (i < left ? before : after) += spec.fill;
    if (align == '=') { // between sign and digits
        std::size_t const sign = text.starts_with('-') || text.starts_with('+') ? 1 : 0;
        return text.substr(0, sign) + before + text.substr(sign);
    }
    return before + text + after;
}

// The digits without sign.
std::string real_digits(double number, Spec const& spec)
{
    if (std::isnan(number) || std::isinf(number))
        return std::isnan(number) ? "nan" : "inf";
    switch (spec.type) {
    case 'e':
        return fmt::format("{:.{}e}", number, spec.precision.value_or(6));
    case 'E':
        return fmt::format("{:.{}E}", number, spec.precision.value_or(6));
    case 'g':
        return fmt::format("{:.{}g}", number, spec.precision.value_or(6));
    case '%':
        return fmt::format("{:.{}f}%", number * 100, spec.precision.value_or(6));
    case 0:
        return spec.precision ? fmt::format("{:.{}g}", number, *spec.precision) : float_text(number);
    default:
        return fmt::format("{:.{}f}", number, spec.precision.value_or(6));
    }
}

std::string integer_digits(std::uint64_t number, Spec const& spec)
{
    switch (spec.type) {
    case 'x':
        return (spec.alternate ? "0x" : "") + fmt::format("{:x}", number);
    case 'X':
        return (spec.alternate ? "0X" : "") + fmt::format("{:X}", number);
    case 'o':
        return (spec.alternate ? "0o" : "") + fmt::format("{:o}", number);
    case 'b':
        return (spec.alternate ? "0b" : "") + fmt::format("{:b}", number);
    default:
        return fmt::format("{}", number);
    }
}

std::string format_number(Value const& value, Spec const& spec)
{
    bool const integral = spec.type == 0 ? value.is_integer() : std::string_view("dixXobu").contains(spec.type);
    bool negative = false;
    std::string digits;
    if (integral) {
        std::int64_t const number =
            value.is_integer() ? value.integer() : static_cast<std::int64_t>(std::clamp(value.real(), -9e18, 9e18));
        negative = number < 0;
        digits = integer_digits(negative ? 0 - static_cast<std::uint64_t>(number) : static_cast<std::uint64_t>(number),
                                spec);
    } else {
        negative = std::signbit(value.real());
        digits = real_digits(std::fabs(value.real()), spec);
    }
    if (spec.grouped)
        digits = grouped(std::move(digits));
    std::string const sign = negative ? "-" : spec.sign == '+' ? "+" : spec.sign == ' ' ? " " : "";
    return padded(sign + digits, spec, '>');
}

std::string format_text(std::string_view text, Spec const& spec)
{
    if (spec.precision)
        text = code_point_range(text, 0, static_cast<std::size_t>(*spec.precision));
    return padded(std::string(text), spec, '<');
}

std::size_t take_number(std::string_view& text)
{
    std::size_t number = 0;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
        number = std::min<std::size_t>(number * 10 + static_cast<std::size_t>(text.front() - '0'), 1'000'000);
        text.remove_prefix(1);
    }
    return number;
}

void take_width_and_precision(std::string_view& text, Spec& spec)
{
    spec.width = std::min(take_number(text), max_width);
    if (text.starts_with(',')) {
        spec.grouped = true;
        text.remove_prefix(1);
    }
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        spec.precision = static_cast<int>(std::min<std::size_t>(take_number(text), max_precision));
    }
}

// ------------------------------------------------------------------ "…" % values

// Hands out the values for %s and %(name)s.
class PercentValues {
  public:
    explicit PercentValues(Value const& values)
        : values_(values), is_tuple_(values.kind() == Value::Kind::sequence && values.sequence()->is_tuple)
    {
    }
    Value next()
    {
        std::size_t const count = is_tuple_ ? values_.sequence()->items.size() : 1;
        if (used_ >= count)
            give_up("not enough arguments for format string");
        ++used_;
        return is_tuple_ ? values_.sequence()->items[used_ - 1] : values_;
    }
    [[nodiscard]] Value named(std::string_view name) const
    {
        Value const* found = values_.kind() == Value::Kind::dict ? values_.dict()->find(name) : nullptr;
        if (!found)
            give_up("format requires a mapping with '{}'", name);
        return *found;
    }
    void finish() const
    {
        std::size_t const count = is_tuple_ ? values_.sequence()->items.size() : 1;
        if (used_ < count && values_.kind() != Value::Kind::dict)
            give_up("not all arguments converted during string formatting");
    }

  private:
    Value const& values_;
    bool is_tuple_;
    std::size_t used_ = 0;
};

std::string percent_field(Value const& value, Spec const& spec, bool markup)
{
    if (spec.type == 's' || spec.type == 'r') {
        std::string const text = spec.type == 'r' ? value.repr() : markup ? escaped_value(value) : value.to_text();
        Spec right = spec;
        right.align = spec.align ? spec.align : '>';
        return format_text(markup && spec.type == 'r' ? escaped(text) : text, right);
    }
    if (!std::string_view("dixXofFeEgu").contains(spec.type))
        give_up("unsupported format character '{}'", spec.type);
    if (!value.is_number())
        give_up("%{} format: a real number is required, not {}", spec.type, value.type_name());
    return format_number(value, spec);
}

} // namespace

Value percent_format(Value const& format, Value const& values_given)
{
    PercentValues values(values_given);
    std::string out;
    std::string_view rest = format.text();
    while (!rest.empty()) {
        std::size_t const at = std::min(rest.find('%'), rest.size());
        out += rest.substr(0, at);
        rest.remove_prefix(at);
        if (rest.empty())
            break;
        rest.remove_prefix(1);
        std::optional<std::string_view> name;
        if (rest.starts_with('(')) {
            std::size_t const end = rest.find(')');
            if (end == rest.npos)
                give_up("incomplete format key");
            name = rest.substr(1, end - 1);
            rest.remove_prefix(end + 1);
        }
        Spec spec;
        for (; !rest.empty() && std::string_view("-+ 0#").contains(rest.front()); rest.remove_prefix(1)) {
            if (rest.front() == '-')
                spec.align = '<';
            else if (rest.front() == '0' && !spec.align)
                spec.fill = "0", spec.align = '=';
            else if (rest.front() == '#')
                spec.alternate = true;
            else
                spec.sign = rest.front();
        }
        take_width_and_precision(rest, spec);
        if (rest.empty())
            give_up("incomplete format");
        spec.type = rest.front();
        rest.remove_prefix(1);
        if (spec.type == '%')
            out += '%';
        else
            out += percent_field(name ? values.named(*name) : values.next(), spec, format.is_markup());
        require_reasonable_size(out.size());
    }
    values.finish();
    return text_like(format, std::move(out));
}

// ------------------------------------------------------------------ "…".format(…)

namespace {

Spec brace_spec(std::string_view text)
{
    Spec spec;
    std::size_t const first = text.empty() ? 0 : code_point_size(text);
    if (text.size() > first && std::string_view("<>^=").contains(text[first])) {
        spec.fill = text.substr(0, first);
        spec.align = text[first];
        text.remove_prefix(first + 1);
    } else if (!text.empty() && std::string_view("<>^=").contains(text[0])) {
        spec.align = text[0];
        text.remove_prefix(1);
    }
    if (!text.empty() && std::string_view("+- ").contains(text[0])) {
        spec.sign = text[0];
        text.remove_prefix(1);
    }
    if (text.starts_with('#')) {
        spec.alternate = true;
        text.remove_prefix(1);
    }
    if (text.starts_with('0')) {
        if (!spec.align)
            spec.fill = "0", spec.align = '=';
        text.remove_prefix(1);
    }
    take_width_and_precision(text, spec);
    if (text.size() > 1)
        give_up("Invalid format specifier");
    spec.type = text.empty() ? 0 : text[0];
    return spec;
}

// "0.name[key]": the argument and the way into it.
Value brace_value(std::string_view field, Arguments const& arguments, std::size_t& automatic)
{
    std::size_t const end = std::min(field.find_first_of(".["), field.size());
    std::string_view const name = field.substr(0, end);
    std::string_view way = field.substr(end);
    auto const place = name.empty() ? std::optional(automatic++) : parse_number<std::size_t>(name);
    Value const* argument = place ? (*place < arguments.positional.size() ? &arguments.positional[*place] : nullptr)
                                  : arguments.get(arguments.positional.size(), name);
    if (!argument)
        give_up("no argument for format field '{}'", field);
    Value value = *argument;
    while (!way.empty()) {
        bool const item = way.front() == '[';
        std::size_t const stop = item ? way.find(']') : std::min(way.find_first_of(".[", 1), way.size());
        if (stop == way.npos || value.is_undefined())
            give_up("bad format field '{}'", field);
        std::string_view const step = way.substr(1, stop - 1);
        if (!item && step.starts_with('_'))
            give_up("bad format field '{}'", field);
        auto const number = parse_number<std::int64_t>(step);
        value = !item ? attribute_of(value, step) : item_of(value, number ? Value(*number) : Value(step));
        way.remove_prefix(item ? stop + 1 : stop);
    }
    return value;
}

std::string brace_field(std::string_view field, Arguments const& arguments, std::size_t& automatic, bool markup)
{
    std::size_t const colon = std::min(field.find(':'), field.size());
    std::string_view reference = field.substr(0, colon);
    std::string_view const spec_text = colon < field.size() ? field.substr(colon + 1) : std::string_view();
    char conversion = 0;
    if (std::size_t const mark = reference.find('!'); mark != reference.npos) {
        if (reference.size() != mark + 2 || !std::string_view("rsa").contains(reference[mark + 1]))
            give_up("unknown conversion in format field '{}'", field);
        conversion = reference[mark + 1];
        reference = reference.substr(0, mark);
    }
    Value value = brace_value(reference, arguments, automatic);
    if (conversion)
        value = conversion == 's' ? value.to_text() : value.repr();
    Spec const spec = brace_spec(spec_text);
    if (value.is_number() && !(value.kind() == Value::Kind::boolean && spec_text.empty()))
        return format_number(value, spec);
    if (spec.type != 0 && spec.type != 's')
        give_up("Unknown format code '{}' for object of type '{}'", spec.type, value.type_name());
    return format_text(markup ? escaped_value(value) : value.to_text(), spec);
}

} // namespace

Value brace_format(Value const& format, Arguments const& arguments)
{
    std::string out;
    std::string_view rest = format.text();
    std::size_t automatic = 0;
    while (!rest.empty()) {
        std::size_t const at = std::min(rest.find_first_of("{}"), rest.size());
        out += rest.substr(0, at);
        rest.remove_prefix(at);
        if (rest.starts_with("{{") || rest.starts_with("}}")) {
            out += rest.front();
            rest.remove_prefix(2);
        } else if (rest.starts_with('{')) {
            std::size_t const end = rest.find('}');
            if (end == rest.npos)
                give_up("expected '}}' before end of string");
            out += brace_field(rest.substr(1, end - 1), arguments, automatic, format.is_markup());
            rest.remove_prefix(end + 1);
        } else if (!rest.empty()) {
            give_up("Single '}}' encountered in format string");
        }
        require_reasonable_size(out.size());
    }
    return text_like(format, std::move(out));
}

} // namespace jhub::jinja

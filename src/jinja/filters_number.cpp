// Filters about numbers.
#include <array>
#include <charconv>
#include <cmath>

#include "base/strings.hpp"
#include "jinja/call.hpp"
#include "jinja/failure.hpp"
#include "jinja/operations.hpp"
#include "jinja/text.hpp"

namespace jhub::jinja {
namespace {

std::optional<double> parse_real(std::string_view text)
{
    text = trim(text);
    bool const plus = text.starts_with('+');
    double value = 0;
    auto const [end, error] = std::from_chars(text.data() + plus, text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

// A real cut to an integer, if it fits one.
std::optional<std::int64_t> cut(double number)
{
    if (!(std::fabs(number) < 9.2e18))
        return std::nullopt;
    return static_cast<std::int64_t>(number);
}

std::optional<std::int64_t> parse_integer(std::string_view text, int base)
{
    text = trim(text);
    bool const negative = text.starts_with('-');
    if (negative || text.starts_with('+'))
        text.remove_prefix(1);
    if (text.starts_with('-') || text.starts_with('+'))
        return std::nullopt;
    std::string const digits = replace_all(std::string(text), "_", "");
    std::string_view rest = digits;
    for (auto const& [prefix, of_base] : {std::pair("0x", 16), std::pair("0o", 8), std::pair("0b", 2)})
        if (base == of_base && rest.starts_with(prefix))
            rest.remove_prefix(2);
    auto const value = parse_number<std::int64_t>(rest, base);
    return value && negative ? -*value : value;
}

Value to_integer(Call const& call)
{
    Value const* fallback = call.get(0);
    Value const otherwise = fallback ? *fallback : Value(0);
    std::optional<std::int64_t> number;
    if (call.input.is_undefined())
        give_up("the value is undefined");
    if (call.input.is_integer())
        return call.input.integer();
    if (call.input.kind() == Value::Kind::real) {
        number = cut(call.input.real());
    } else if (call.input.is_text()) {
        number =
            parse_integer(call.input.text(), static_cast<int>(std::clamp<std::int64_t>(call.integer(1, 10), 2, 36)));
        if (!number)
            if (auto const real = parse_real(call.input.text()))
                number = cut(*real);
    }
    return number ? Value(*number) : otherwise;
}

Value to_real(Call const& call)
{
    Value const* fallback = call.get(0);
    if (call.input.is_undefined())
        give_up("the value is undefined");
    if (call.input.is_number())
        return call.input.real();
    auto const number = call.input.is_text() ? parse_real(call.input.text()) : std::nullopt;
    return number ? Value(*number) : fallback ? *fallback : Value(0.0);
}

double number_of(Value const& value)
{
    if (!value.is_number())
        give_up("must be real number, not {}", value.type_name());
    return value.real();
}

Value absolute(Call const& call)
{
    double const number = number_of(call.input);
    if (!call.input.is_integer())
        return std::fabs(number);
    return call.input.integer() < 0 ? apply(BinaryOperator::subtract, 0, call.input) : Value(call.input.integer());
}

Value rounded(Call const& call)
{
    double const number = number_of(call.input);
    auto const precision = static_cast<int>(std::clamp<std::int64_t>(call.integer(0, 0), -18, 18));
    std::string const method = call.text(1, "common");
    double const scale = std::pow(10.0, precision);
    if (method == "ceil")
        return std::ceil(number * scale) / scale;
    if (method == "floor")
        return std::floor(number * scale) / scale;
    if (method != "common")
        give_up("method must be common, ceil or floor");
    if (call.input.is_integer() && precision >= 0)
        return call.input.integer();
    if (precision < 0) {
        double const result = std::nearbyint(number * scale) / scale; // half to even, as Python
        return call.input.is_integer() ? Value(static_cast<std::int64_t>(result)) : Value(result);
    }
    // The decimal text is rounded correctly, as Python rounds; arithmetic would not be.
    return *parse_real(fmt::format("{:.{}f}", number, precision));
}

Value file_size(Call const& call)
{
    bool const binary = call.flag(0, false);
    double const base = binary ? 1024 : 1000;
    auto const bytes = call.input.is_number() ? std::optional(call.input.real()) : parse_real(call.input.to_text());
    if (!bytes)
        give_up("filesizeformat needs a number");
    if (*bytes == 1)
        return "1 Byte";
    if (*bytes < base)
        return fmt::format("{} Bytes", static_cast<std::int64_t>(*bytes));
    constexpr std::string_view prefixes = "kMGTPEZY";
    double unit = base;
    std::size_t prefix = 0;
    for (; prefix + 1 < prefixes.size() && *bytes >= unit * base; ++prefix)
        unit *= base;
    std::string const letter = binary ? upper(prefixes.substr(prefix, 1)) + "i" : std::string(1, prefixes[prefix]);
    return fmt::format("{:.1f} {}B", *bytes / unit, letter);
}

constexpr auto filters = std::to_array<FilterEntry>({
    {"int", to_integer, "default base"},
    {"float", to_real, "default"},
    {"abs", absolute, ""},
    {"round", rounded, "precision method"},
    {"filesizeformat", file_size, "binary"},
});

} // namespace

std::span<FilterEntry const> number_filters() { return filters; }

} // namespace jhub::jinja

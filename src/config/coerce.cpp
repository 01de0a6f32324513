#include "config/coerce.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "base/encoding.hpp"
#include "base/strings.hpp"
#include "config/addresses.hpp"
#include "config/value.hpp"

namespace jhub::config {
namespace {

std::unexpected<Error> expected(std::string_view what, Json const& value)
{
    return fail(Errc::invalid_argument, fmt::format("{} is expected, not {}", what, kind_of(value)));
}

// Bytes that are ASCII do as a text.
std::optional<std::string> ascii(std::string const& digits)
{
    auto const decoded = hex_decode(digits);
    bool const plain_text =
        decoded && std::ranges::all_of(*decoded, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
    return plain_text ? decoded : std::nullopt;
}

Result<Json> check_text(Option const& option, Json const& value)
{
    if (auto const* path = tagged(value, "$path"))
        return *path;
    if (auto const* digits = tagged(value, "$bytes"))
        if (auto const plain_bytes = ascii(digits->get<std::string>()))
            return Json(*plain_bytes);
    if (!value.is_string())
        return expected("a text", value);
    if (option.choices.empty())
        return value;
    auto const choices = split(option.choices, '|');
    auto const found = std::ranges::find_if(
        choices, [&](auto const& choice) { return equals_ignoring_case(choice, value.get_ref<std::string const&>()); });
    if (found == choices.end())
        return fail(Errc::invalid_argument, fmt::format("one of {} is expected", join(choices, ", ")));
    return Json(*found);
}

Result<Json> check_integer(Json const& value)
{
    if (value.is_boolean())
        return Json(value.get<bool>() ? 1 : 0);
    if (value.is_number_float() && std::trunc(value.get<double>()) == value.get<double>() &&
        std::abs(value.get<double>()) < 9e15)
        return Json(static_cast<std::int64_t>(value.get<double>()));
    if (!value.is_number_integer())
        return expected("an integer", value);
    if (value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX)
        return fail(Errc::invalid_argument, "the integer is too large");
    return value;
}

Result<Json> check_number(Json const& value)
{
    if (value.is_boolean())
        return Json(value.get<bool>() ? 1.0 : 0.0);
    if (!value.is_number())
        return expected("a number", value);
    return Json(value.get<double>());
}

Result<Json> check_boolean(Json const& value)
{
    if (value.is_boolean())
        return value;
    if (value.is_number_integer() && (value == 0 || value == 1))
        return Json(value == 1);
    return expected("True or False", value);
}

Result<Json> check_texts(Json const& items)
{
    Json result = Json::array();
    for (auto const& item : items) {
        auto const* path = tagged(item, "$path");
        if (path == nullptr && !item.is_string())
            return fail(Errc::invalid_argument, fmt::format("a text is expected in the list, not {}", kind_of(item)));
        result.push_back(path == nullptr ? item : *path);
    }
    return result;
}

// Lists, sets and commands: other containers are cast, and a bare text becomes the one element.
Result<Json> check_list(Option const& option, Json const& value)
{
    Json items;
    if (value.is_string() || tagged(value, "$path") != nullptr)
        items = Json::array({value});
    else if (auto const* found = elements(value))
        items = *found;
    else
        return expected(option.type == Type::text_set ? "a set" : "a list", value);
    if (option.type == Type::list)
        return items;
    TRY(Json texts, check_texts(items));
    if (option.type != Type::text_set)
        return texts;
    Json unique = Json::array();
    for (auto const& text : texts)
        if (std::ranges::find(unique, text) == unique.end())
            unique.push_back(text);
    return unique;
}

Result<Json> check_dictionary(Json const& value)
{
    if (tagged(value, "$dict") != nullptr)
        return fail(Errc::invalid_argument, "the keys of the dictionary must be texts");
    if (!value.is_object() || kind_of(value) != "a dictionary")
        return expected("a dictionary", value);
    return value;
}

Result<Json> check_log_level(Json const& value)
{
    struct Level {
        std::string_view name;
        int number;
    };
    constexpr std::array levels{Level{"NOTSET", 0},   Level{"DEBUG", 10}, Level{"INFO", 20},     Level{"WARN", 30},
                                Level{"WARNING", 30}, Level{"ERROR", 40}, Level{"CRITICAL", 50}, Level{"FATAL", 50}};
    if (value.is_number_integer())
        return value;
    if (value.is_string())
        for (auto const& level : levels)
            if (equals_ignoring_case(level.name, value.get_ref<std::string const&>()))
                return Json(level.number);
    return fail(Errc::invalid_argument, "DEBUG, INFO, WARN, ERROR, CRITICAL or a number is expected");
}

Result<Json> check_bytes(Json const& value)
{
    if (auto const* digits = tagged(value, "$bytes"))
        return *digits;
    if (!value.is_string())
        return expected("bytes or a text of hexadecimal digits", value);
    auto const bytes = hex_decode(value.get_ref<std::string const&>());
    if (!bytes)
        return fail(Errc::invalid_argument, "a text must consist of hexadecimal digits, two for each byte");
    return Json(hex_encode(*bytes));
}

Result<Json> check_url_prefix(Json const& value)
{
    if (!value.is_string())
        return expected("a text", value);
    return Json(with_slashes(value.get_ref<std::string const&>()));
}

// A class object that Python could import counts by its dotted path.
Result<Json> check_entry_point(Json const& value)
{
    if (auto const* live = tagged(value, "$live"); live != nullptr && live->value("kind", "") == "class")
        return live->at("name");
    if (!value.is_string())
        return expected("the name of a class", value);
    return value;
}

Result<Json> check_kind(Option const& option, Json const& value)
{
    switch (option.type) {
    case Type::text:
        return check_text(option, value);
    case Type::integer:
        return check_integer(value);
    case Type::number:
        return check_number(value);
    case Type::boolean:
        return check_boolean(value);
    case Type::list:
    case Type::text_list:
    case Type::text_set:
        return check_list(option, value);
    case Type::command: {
        TRY(Json items, check_list(option, value));
        bool const may_be_empty = option.default_value == "[]";
        if (items.empty() && !may_be_empty)
            return fail(Errc::invalid_argument, "a command needs at least one element");
        return items;
    }
    case Type::dictionary:
        return check_dictionary(value);
    case Type::byte_size:
        return parse_byte_size(value);
    case Type::url_prefix:
        return check_url_prefix(value);
    case Type::entry_point:
        return check_entry_point(value);
    case Type::hook:
        return expected("a Python function", value);
    case Type::log_level:
        return check_log_level(value);
    case Type::bytes:
        return check_bytes(value);
    case Type::any:
        break;
    }
    return value;
}

Result<Json> whole_bytes(double number)
{
    constexpr double most = 1ULL << 60;
    if (!(std::abs(number) <= most)) // also what is no number
        return fail(Errc::invalid_argument, "at most 2^60 bytes are expected");
    return Json(static_cast<std::int64_t>(number));
}

} // namespace

Result<Json> parse_byte_size(Json const& value)
{
    if (value.is_number())
        return whole_bytes(value.get<double>());
    if (!value.is_string())
        return expected("a number of bytes, or a text such as '1.5G',", value);
    auto const text = value.get<std::string>();
    constexpr std::string_view suffixes = "KMGT";
    auto const power = text.empty() ? std::string_view::npos : suffixes.find(text.back());
    std::string_view const digits = trim(std::string_view(text).substr(0, text.size() - (text.empty() ? 0 : 1)));
    double number = 0;
    auto const [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (power == std::string_view::npos || error != std::errc{} || stop != digits.data() + digits.size())
        return fail(Errc::invalid_argument, "a number with one of the suffixes K, M, G, T is expected, such as '512M'");
    return whole_bytes(std::ldexp(number, 10 * static_cast<int>(power + 1)));
}

Result<Json> check_value(Option const& option, Json const& value)
{
    if (value.is_null() && (option.is(nullable) || option.type == Type::hook || option.type == Type::any))
        return value;
    if (auto const live = find_live(value); live && option.type != Type::entry_point)
        return fail(Errc::invalid_argument, fmt::format("Python objects are not supported here yet ({})", *live));
    TRY(Json checked, check_kind(option, value));
    if (!checked.is_number() || (option.type != Type::integer && option.type != Type::number))
        return checked;
    auto const number = checked.get<double>();
    if (number < option.minimum)
        return fail(Errc::invalid_argument, fmt::format("at least {} is expected", option.minimum));
    if (number > option.maximum)
        return fail(Errc::invalid_argument, fmt::format("at most {} is expected", option.maximum));
    return checked;
}

Result<Json> check_plain_part(Option const& option, Json const& value)
{
    auto const* live = tagged(value, "$live");
    if (live == nullptr)
        return check_value(option, without_live(value));
    if (live->value("kind", "") == "object")
        return fail(Errc::invalid_argument,
                    fmt::format("a Python function is expected, not {}", find_live(value).value_or("")));
    return default_value(option);
}

Json default_value(Option const& option)
{
    auto const literal = parse_literal(option.default_value);
    auto const checked = literal ? check_value(option, *literal) : literal;
    if (!checked)
        throw std::logic_error(
            fmt::format("default of {}.{}: {}", option.class_name, option.name, checked.error().message));
    return *checked;
}

} // namespace jhub::config

// Values from the command line: each option parses its own texts (reference config.md §0, cli.md §1.3).
#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/strings.hpp"
#include "config/coerce.hpp"
#include "config/value.hpp"

namespace jhub::config {
namespace {

bool is_enclosed(std::string_view text, std::string_view pairs)
{
    if (text.size() < 2)
        return false;
    for (std::size_t i = 0; i + 1 < pairs.size(); i += 2)
        if (text.front() == pairs[i] && text.back() == pairs[i + 1])
            return true;
    return false;
}

// "~" and "~/…" are the caller's home; one pair of quotes around everything is taken off.
std::string plain_text(std::string const& text, std::string const& home)
{
    if (is_enclosed(text, "\"\"''"))
        return text.substr(1, text.size() - 2);
    if (!home.empty() && (text == "~" || text.starts_with("~/")))
        return home + text.substr(1);
    return text;
}

Result<Json> parse_dictionary(std::vector<std::string> const& texts)
{
    if (texts.size() == 1 && is_enclosed(texts[0], "{}"))
        return parse_literal(texts[0]);
    Json result = Json::object();
    for (auto const& text : texts) {
        auto const equals = text.find('=');
        if (equals == std::string::npos)
            return fail(Errc::invalid_argument, "key=value or {...} is expected");
        result[text.substr(0, equals)] = text.substr(equals + 1);
    }
    return result;
}

Result<Json> parse_list(Option const& option, std::vector<std::string> const& texts, std::string const& home)
{
    if (texts.size() == 1 && (is_enclosed(texts[0], "[]()") ||
                              (option.type == Type::text_set && is_enclosed(texts[0], "{}")) || texts[0] == "set()"))
        if (auto literal = parse_literal(texts[0]); literal && !(texts[0] == "set()"))
            return literal;
    Json items = Json::array();
    for (auto const& text : texts) {
        auto const literal = option.type == Type::list ? parse_literal(text) : fail(Errc::invalid_argument, "");
        items.push_back(literal ? *literal : Json(plain_text(text, home)));
    }
    return items;
}

Result<Json> parse_one(Option const& option, std::string const& text, std::string const& home)
{
    switch (option.type) {
    case Type::integer: {
        auto const trimmed = replace_all(std::string(trim(text)), "_", "");
        if (auto const number = parse_number<std::int64_t>(trimmed.starts_with('+') ? trimmed.substr(1) : trimmed))
            return Json(*number);
        return fail(Errc::invalid_argument, "an integer is expected");
    }
    case Type::number: {
        auto const trimmed = trim(text);
        double number = 0;
        auto const [end, error] = std::from_chars(trimmed.data(), trimmed.data() + trimmed.size(), number);
        if (error != std::errc{} || end != trimmed.data() + trimmed.size())
            return fail(Errc::invalid_argument, "a number is expected");
        return Json(number);
    }
    case Type::boolean:
        for (auto const& [word, meaning] : {std::pair{"true", true}, {"1", true}, {"false", false}, {"0", false}})
            if (equals_ignoring_case(text, word))
                return Json(meaning);
        return fail(Errc::invalid_argument, "true, 1, false or 0 is expected");
    case Type::log_level:
        if (auto const number = parse_number<std::int64_t>(text))
            return Json(*number);
        return Json(text);
    case Type::any: {
        auto const literal = parse_literal(text);
        return literal ? *literal : Json(text);
    }
    case Type::byte_size:
        if (auto const number = parse_number<std::int64_t>(text))
            return fail(Errc::invalid_argument, "a number with one of the suffixes K, M, G, T is expected");
        return Json(text);
    default:
        return Json(plain_text(text, home));
    }
}

} // namespace

bool takes_several(Option const& option)
{
    constexpr Type several[] = {Type::list, Type::text_list, Type::text_set, Type::dictionary, Type::command};
    return std::ranges::find(several, option.type) != std::end(several);
}

Result<Json> parse_texts(Option const& option, std::vector<std::string> const& texts, std::string const& home)
{
    if (texts.size() == 1 && texts[0] == "None" && (option.is(nullable) || option.type == Type::hook))
        return Json(nullptr);
    if (option.type == Type::dictionary)
        return parse_dictionary(texts);
    if (takes_several(option))
        return parse_list(option, texts, home);
    if (texts.size() != 1)
        return fail(Errc::invalid_argument, fmt::format("only accepts one value, got {}", texts.size()));
    return parse_one(option, texts[0], home);
}

} // namespace jhub::config

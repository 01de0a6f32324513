#include "store/values.hpp"

#include <stdexcept>

#include <fmt/format.h>

#include "base/strings.hpp"
#include "base/time_text.hpp"

namespace jhub::store {

Parameter::Parameter(Timestamp value) : text_(to_database_time(value)) {}
Parameter::Parameter(std::vector<std::string> const& list) : text_(to_python_json(Json(list))) {}
Parameter::Parameter(std::set<std::string> const& list) : text_(to_python_json(Json(list))) {}
Parameter::Parameter(std::vector<std::int64_t> const& list) : text_(to_python_json(Json(list))) {}

void Parameter::set_json(Json const& value)
{
    if (!value.is_null())
        text_ = to_python_json(value);
}

std::string const* Row::next()
{
    std::size_t const position = position_++;
    return nulls_.at(position) ? nullptr : &texts_.at(position);
}

std::optional<std::int64_t> Row::maybe_integer()
{
    std::string const* const text = next();
    if (text == nullptr)
        return std::nullopt;
    if (auto number = parse_number<std::int64_t>(*text))
        return number;
    throw std::runtime_error(fmt::format("column {}: not a number: {}", position_, printable(*text)));
}

std::optional<bool> Row::maybe_flag()
{
    std::optional<std::int64_t> const number = maybe_integer();
    return number ? std::optional(*number != 0) : std::nullopt;
}

std::optional<std::string> Row::maybe_text()
{
    std::string const* const text = next();
    return text != nullptr ? std::optional(*text) : std::nullopt;
}

std::optional<Timestamp> Row::maybe_time()
{
    std::string const* const text = next();
    if (text == nullptr)
        return std::nullopt;
    if (auto time = parse_time(*text))
        return time;
    throw std::runtime_error(fmt::format("column {}: not a time: {}", position_, printable(*text)));
}

std::optional<Json> Row::maybe_json()
{
    std::string const* const text = next();
    if (text == nullptr)
        return std::nullopt;
    Result<Json> value = parse_json(*text);
    if (!value)
        throw std::runtime_error(fmt::format("column {}: {}", position_, value.error().message));
    if (value->is_null())
        return std::nullopt;
    return *std::move(value);
}

Json Row::object()
{
    std::optional<Json> value = maybe_json();
    return value && value->is_object() ? *std::move(value) : Json::object();
}

std::optional<std::vector<std::string>> Row::maybe_list()
{
    std::optional<Json> const value = maybe_json();
    if (!value)
        return std::nullopt;
    std::vector<std::string> items;
    for (Json const& item : *value) {
        if (!item.is_string())
            throw std::runtime_error(fmt::format("column {}: a list with something else than text in it", position_));
        items.push_back(item.get<std::string>());
    }
    return items;
}

std::vector<std::string> Row::list() { return maybe_list().value_or(std::vector<std::string>{}); }

} // namespace jhub::store

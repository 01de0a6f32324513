// Looking into values: attributes, items, slices, iteration, length.
#include <algorithm>

#include "jinja/failure.hpp"
#include "jinja/operations.hpp"
#include "jinja/text.hpp"

namespace jhub::jinja {
namespace {

// The item at an index that may count from the end; undefined outside.
Value at(List const& items, std::int64_t index)
{
    auto const size = static_cast<std::int64_t>(items.size());
    index += index < 0 ? size : 0;
    return index >= 0 && index < size ? items[static_cast<std::size_t>(index)] : Value();
}

// The code point at an index, as text of the same kind.
Value at(Value const& text, std::int64_t index)
{
    auto const points = code_points(text.text());
    auto const size = static_cast<std::int64_t>(points.size());
    index += index < 0 ? size : 0;
    return index >= 0 && index < size ? text_like(text, std::string(points[static_cast<std::size_t>(index)])) : Value();
}

// Which indices a slice takes from something of that size; Python's rules.
std::vector<std::size_t> slice_indices(std::int64_t size, Value const& from, Value const& to, Value const& step_value)
{
    for (Value const* part : {&from, &to, &step_value})
        if (!part->is_none() && !part->is_integer())
            give_up("slice indices must be integers or None");
    std::int64_t const step = step_value.is_none() ? 1 : step_value.integer();
    if (step == 0)
        give_up("slice step cannot be zero");
    std::int64_t const lowest = step > 0 ? 0 : -1;
    std::int64_t const highest = step > 0 ? size : size - 1;
    auto const bound = [&](Value const& part, std::int64_t missing) {
        if (part.is_none())
            return missing;
        std::int64_t const index = part.integer() < 0 ? std::max(part.integer(), -size - 1) + size : part.integer();
        return std::clamp(index, lowest, highest);
    };
    std::int64_t const begin = bound(from, step > 0 ? lowest : highest);
    std::int64_t const end = bound(to, step > 0 ? highest : lowest);
    std::vector<std::size_t> indices;
    if (step > 0)
        for (std::int64_t i = begin; i < end; i = step < end - i ? i + step : end)
            indices.push_back(static_cast<std::size_t>(i));
    else
        for (std::int64_t i = begin; i > end; i = step > end - i ? i + step : end)
            indices.push_back(static_cast<std::size_t>(i));
    return indices;
}

} // namespace

List items_of(Value const& iterable)
{
    switch (iterable.kind()) {
    case Value::Kind::undefined:
        return {};
    case Value::Kind::sequence:
        return iterable.sequence()->items;
    case Value::Kind::dict: {
        List keys;
        keys.reserve(iterable.dict()->size());
        for (auto const& [key, value] : *iterable.dict())
            keys.push_back(key);
        return keys;
    }
    case Value::Kind::text: {
        List characters;
        for (std::string_view const point : code_points(iterable.text()))
            characters.emplace_back(point);
        return characters;
    }
    case Value::Kind::object:
        if (auto items = iterable.object().items())
            return *std::move(items);
        [[fallthrough]];
    default:
        give_up("'{}' object is not iterable", iterable.type_name());
    }
}

std::int64_t integer_of(Value const& value)
{
    if (!value.is_integer())
        give_up("'{}' object cannot be interpreted as an integer", value.type_name());
    return value.integer();
}

std::size_t length_of(Value const& value)
{
    switch (value.kind()) {
    case Value::Kind::undefined:
        return 0;
    case Value::Kind::text:
        return code_point_count(value.text());
    case Value::Kind::sequence:
        return value.sequence()->items.size();
    case Value::Kind::dict:
        return value.dict()->size();
    case Value::Kind::object:
        if (auto const items = value.object().items())
            return items->size();
        [[fallthrough]];
    default:
        give_up("object of type '{}' has no len()", value.type_name());
    }
}

Value attribute_of(Value const& value, std::string_view name)
{
    if (value.kind() == Value::Kind::object)
        return value.object().attribute(name);
    if (Value method = method_of(value, name); !method.is_undefined())
        return method;
    if (value.kind() != Value::Kind::dict)
        return {};
    Value const* entry = value.dict()->find(name);
    return entry ? *entry : Value();
}

Value item_of(Value const& value, Value const& key)
{
    switch (value.kind()) {
    case Value::Kind::dict:
        if (Value const* entry = value.dict()->find(key))
            return *entry;
        break;
    case Value::Kind::sequence:
        if (key.is_integer())
            return at(value.sequence()->items, key.integer());
        break;
    case Value::Kind::text:
        if (key.is_integer())
            return at(value, key.integer());
        break;
    case Value::Kind::object:
        if (Value item = value.object().item(key); !item.is_undefined())
            return item;
        if (auto const items = key.is_integer() ? value.object().items() : std::nullopt)
            return at(*items, key.integer());
        break;
    default:
        break;
    }
    if (!key.is_text())
        return {};
    return value.kind() == Value::Kind::object ? value.object().attribute(key.text()) : method_of(value, key.text());
}

Value slice_of(Value const& value, Value const& from, Value const& to, Value const& step)
{
    if (value.is_text()) {
        auto const points = code_points(value.text());
        std::string text;
        for (std::size_t const i : slice_indices(static_cast<std::int64_t>(points.size()), from, to, step))
            text += points[i];
        return text_like(value, std::move(text));
    }
    if (value.kind() == Value::Kind::dict || value.is_number() || value.is_none())
        return {};
    List const all = items_of(value);
    List items;
    for (std::size_t const i : slice_indices(static_cast<std::int64_t>(all.size()), from, to, step))
        items.push_back(all[i]);
    bool const is_tuple = value.kind() == Value::Kind::sequence && value.sequence()->is_tuple;
    return std::make_shared<Sequence>(std::move(items), is_tuple);
}

} // namespace jhub::jinja

#include "hub/pages/python_value.hpp"

#include "config/value.hpp"

namespace jhub::hub::pages {
namespace {

using jinja::Value;

jinja::List list_of(Json const& items)
{
    jinja::List list;
    for (auto const& item : items)
        list.push_back(python_value(item));
    return list;
}

// Keys of all kinds: {1: "one"}.
Value dict_of_pairs(Json const& pairs)
{
    jinja::Dict dict;
    for (auto const& pair : pairs)
        dict.set(python_value(pair.at(0)), python_value(pair.at(1)));
    return dict;
}

} // namespace

Value python_value(Json const& value)
{
    if (auto const* items = config::tagged(value, "$tuple"))
        return Value::tuple(list_of(*items));
    if (auto const* items = config::tagged(value, "$set"))
        return list_of(*items);
    if (auto const* pairs = config::tagged(value, "$dict"))
        return dict_of_pairs(*pairs);
    for (char const* text : {"$path", "$number", "$bytes"})
        if (auto const* content = config::tagged(value, text))
            return content->get<std::string>();
    if (config::tagged(value, "$live") != nullptr)
        return nullptr;
    if (value.is_array())
        return list_of(value);
    if (!value.is_object())
        return Value::from_json(value);
    jinja::Dict dict;
    for (auto const& [name, item] : value.items())
        dict.set(name, python_value(item));
    return dict;
}

} // namespace jhub::hub::pages

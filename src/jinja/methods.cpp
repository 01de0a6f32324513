// Python's methods of list and dict, and the access to those of str. A method is a value that remembers its object;
// lists and dicts are shared, so append() and update() change what everybody sees.
#include <algorithm>
#include <array>

#include "jinja/failure.hpp"
#include "jinja/limits.hpp"
#include "jinja/operations.hpp"

namespace jhub::jinja {
namespace {

Value const& needed(Arguments const& arguments, std::size_t place)
{
    if (place >= arguments.positional.size())
        give_up("missing argument");
    return arguments.positional[place];
}

Value or_none(Arguments const& arguments, std::size_t place)
{
    return place < arguments.positional.size() ? arguments.positional[place] : Value(nullptr);
}

std::size_t list_index(List const& items, Value const& wanted, std::string_view message)
{
    auto const found = std::ranges::find(items, wanted);
    if (found == items.end())
        give_up("{}", message);
    return static_cast<std::size_t>(found - items.begin());
}

Value list_pop(List& items, Arguments const& arguments)
{
    std::int64_t index = arguments.positional.empty() ? -1 : integer_of(needed(arguments, 0));
    auto const size = static_cast<std::int64_t>(items.size());
    index += index < 0 ? size : 0;
    if (index < 0 || index >= size)
        give_up("pop index out of range");
    Value value = items[static_cast<std::size_t>(index)];
    items.erase(items.begin() + index);
    return value;
}

Value list_insert(List& items, Arguments const& arguments)
{
    std::int64_t const place = integer_of(needed(arguments, 0));
    auto const size = static_cast<std::int64_t>(items.size());
    std::int64_t const index = place < 0 ? place + size : place;
    items.insert(items.begin() + std::clamp<std::int64_t>(index, 0, size), needed(arguments, 1));
    return nullptr;
}

Value list_extend(List& items, Arguments const& arguments)
{
    List const more = items_of(needed(arguments, 0));
    require_reasonable_size(items.size() + more.size());
    items.insert(items.end(), more.begin(), more.end());
    return nullptr;
}

struct ListMethod {
    std::string_view name;
    Value (*call)(List& items, Arguments const& arguments);
    bool changes; // not for tuples
};

constexpr std::array<ListMethod, 10> list_methods{{
    {"index", [](List& items, Arguments const& a) -> Value { return list_index(items, needed(a, 0), "not in list"); },
     false},
    {"count", [](List& items, Arguments const& a) -> Value { return std::ranges::count(items, needed(a, 0)); }, false},
    {"append",
     [](List& items, Arguments const& a) -> Value {
         items.push_back(needed(a, 0));
         return nullptr;
     },
     true},
    {"extend", list_extend, true},
    {"insert", list_insert, true},
    {"pop", list_pop, true},
    {"remove",
     [](List& items, Arguments const& a) -> Value {
         std::size_t const index = list_index(items, needed(a, 0), "list.remove(x): x not in list");
         items.erase(items.begin() + static_cast<std::ptrdiff_t>(index));
         return nullptr;
     },
     true},
    {"reverse",
     [](List& items, Arguments const&) -> Value {
         std::ranges::reverse(items);
         return nullptr;
     },
     true},
    {"clear",
     [](List& items, Arguments const&) -> Value {
         items.clear();
         return nullptr;
     },
     true},
    {"copy", [](List& items, Arguments const&) -> Value { return items; }, true},
}};

Value dict_pop(Dict& dict, Arguments const& arguments)
{
    Value const* found = dict.find(needed(arguments, 0));
    if (!found && arguments.positional.size() < 2)
        give_up("no such key: {}", needed(arguments, 0).repr());
    Value value = found ? *found : needed(arguments, 1);
    dict.erase(needed(arguments, 0));
    return value;
}

Value dict_update(Dict& dict, Arguments const& arguments)
{
    if (!arguments.positional.empty()) {
        Value const& more = needed(arguments, 0);
        if (more.kind() != Value::Kind::dict)
            give_up("update() needs a dict");
        Dict const copy = *more.dict(); // x.update(x)
        for (auto const& [key, value] : copy)
            dict.set(key, value);
    }
    for (auto const& [key, value] : arguments.named)
        dict.set(key, value);
    require_reasonable_size(dict.size());
    return nullptr;
}

struct DictMethod {
    std::string_view name;
    Value (*call)(Dict& dict, Arguments const& arguments);
};

constexpr std::array<DictMethod, 9> dict_methods{{
    {"get",
     [](Dict& dict, Arguments const& a) -> Value {
         Value const* found = dict.find(needed(a, 0));
         return found ? *found : or_none(a, 1);
     }},
    {"items",
     [](Dict& dict, Arguments const&) -> Value {
         List items;
         for (auto const& [key, value] : dict)
             items.push_back(Value::tuple({key, value}));
         return items;
     }},
    {"keys",
     [](Dict& dict, Arguments const&) -> Value {
         List keys;
         for (auto const& [key, value] : dict)
             keys.push_back(key);
         return keys;
     }},
    {"values",
     [](Dict& dict, Arguments const&) -> Value {
         List values;
         for (auto const& [key, value] : dict)
             values.push_back(value);
         return values;
     }},
    {"pop", dict_pop},
    {"update", dict_update},
    {"setdefault",
     [](Dict& dict, Arguments const& a) -> Value {
         if (!dict.find(needed(a, 0)))
             dict.set(needed(a, 0), or_none(a, 1));
         return *dict.find(needed(a, 0));
     }},
    {"clear",
     [](Dict& dict, Arguments const&) -> Value {
         dict.clear();
         return nullptr;
     }},
    {"copy", [](Dict& dict, Arguments const&) -> Value { return dict; }},
}};

} // namespace

Value method_of(Value const& value, std::string_view name)
{
    if (value.is_text())
        return text_method(value, name);
    if (value.kind() == Value::Kind::sequence) {
        for (ListMethod const& method : list_methods)
            if (method.name == name && !(method.changes && value.sequence()->is_tuple))
                return Value::function([list = value.sequence(), &method](Arguments const& arguments) -> Result<Value> {
                    return method.call(list->items, arguments);
                });
    } else if (value.kind() == Value::Kind::dict) {
        for (DictMethod const& method : dict_methods)
            if (method.name == name)
                return Value::function([dict = value.dict(), &method](Arguments const& arguments) -> Result<Value> {
                    return method.call(*dict, arguments);
                });
    }
    return {};
}

} // namespace jhub::jinja

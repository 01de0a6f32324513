// map, select, reject and their relatives, groupby, sum: filters that look into each item.
#include <algorithm>
#include <array>

#include "base/strings.hpp"
#include "jinja/attribute_path.hpp"
#include "jinja/call.hpp"
#include "jinja/failure.hpp"
#include "jinja/operations.hpp"
#include "jinja/stable_sort.hpp"
#include "jinja/text.hpp"

namespace jhub::jinja {

Value at_path(Value const& value, Value const& path)
{
    if (path.is_integer())
        return item_of(value, path);
    Value current = value;
    for (std::string const& step : split(path.to_text(), '.')) {
        if (current.is_undefined())
            give_up("'{}' is undefined", path.to_text());
        auto const index = parse_number<std::int64_t>(step);
        current = item_of(current, index ? Value(*index) : Value(step));
    }
    return current;
}

List at_paths(Value const& value, Value const& paths)
{
    if (!paths.is_text())
        return {at_path(value, paths)};
    List values;
    for (std::string const& path : split(paths.text(), ','))
        values.push_back(at_path(value, path));
    return values;
}

Value without_case(Value const& value) { return value.is_text() ? Value(lower(value.text())) : value; }

namespace {

// The arguments behind the first so many.
Arguments rest_of(Arguments const& arguments, std::size_t used)
{
    Arguments rest = arguments;
    rest.positional.erase(rest.positional.begin(), rest.positional.begin() + static_cast<std::ptrdiff_t>(std::min(
                                                                                 used, rest.positional.size())));
    return rest;
}

Value mapped(Call const& call)
{
    List items = items_of(call.input);
    Value const* attribute = call.arguments.get(call.arguments.positional.size(), "attribute");
    if (call.arguments.positional.empty()) {
        if (!attribute)
            give_up("map requires a filter argument");
        Value const* fallback = call.arguments.get(0, "default");
        for (Value& item : items) {
            item = at_path(item, *attribute);
            if (item.is_undefined() && fallback)
                item = *fallback;
        }
        return items;
    }
    std::string const name = call.arguments.positional[0].to_text();
    FilterEntry const* filter = find_filter(name);
    if (!filter)
        give_up("No filter named '{}'.", name);
    Arguments const rest = rest_of(call.arguments, 1);
    for (Value& item : items)
        item = apply_filter(call.frame, *filter, item, rest);
    return items;
}

enum class Keep { matching, others };
enum class LookAt { item, attribute };

Value chosen(Call const& call, Keep keep, LookAt look_at)
{
    std::size_t used = 0;
    Value path;
    if (look_at == LookAt::attribute) {
        if (call.arguments.positional.empty())
            give_up("Missing parameter for attribute name");
        path = call.arguments.positional[used++];
    }
    TestEntry const* test = nullptr;
    if (used < call.arguments.positional.size()) {
        std::string const name = call.arguments.positional[used++].to_text();
        test = find_test(name);
        if (!test)
            give_up("No test named '{}'.", name);
    }
    Arguments const rest = rest_of(call.arguments, used);
    List result;
    for (Value const& item : items_of(call.input)) {
        Value const value = look_at == LookAt::attribute ? at_path(item, path) : item;
        bool const matches = test ? apply_test(call.frame, *test, value, rest) : value.truthy();
        if (matches == (keep == Keep::matching))
            result.push_back(item);
    }
    return result;
}

// Pairs of a value and the items that have it, sorted by the value.
Value grouped(Call const& call)
{
    Value const* fallback = call.get(1);
    bool const case_sensitive = call.flag(2, false);
    struct Group {
        Value key;
        Value shown;
        List items;
    };
    std::vector<Group> groups;
    for (Value const& item : items_of(call.input)) {
        Value shown = at_path(item, *call.get(0));
        if (shown.is_undefined() && fallback)
            shown = *fallback;
        Value key = case_sensitive ? shown : without_case(shown);
        auto const found = std::ranges::find(groups, key, &Group::key);
        if (found != groups.end())
            found->items.push_back(item);
        else
            groups.push_back({std::move(key), std::move(shown), {item}});
    }
    stable_sort(groups, [](Group const& a, Group const& b) { return order(a.key, b.key, "<") < 0; });
    List result;
    for (Group& group : groups)
        result.push_back(Value::tuple({std::move(group.shown), std::move(group.items)}));
    return result;
}

Value sum(Call const& call)
{
    Value const* attribute = call.get(0);
    Value const* start = call.get(1);
    Value total = start ? *start : Value(0);
    for (Value const& item : items_of(call.input))
        total =
            apply(BinaryOperator::add, total, attribute && !attribute->is_none() ? at_path(item, *attribute) : item);
    return total;
}

constexpr auto filters = std::to_array<FilterEntry>({
    {"map", mapped, "*"},
    {"select", [](Call const& call) { return chosen(call, Keep::matching, LookAt::item); }, "*"},
    {"reject", [](Call const& call) { return chosen(call, Keep::others, LookAt::item); }, "*"},
    {"selectattr", [](Call const& call) { return chosen(call, Keep::matching, LookAt::attribute); }, "*"},
    {"rejectattr", [](Call const& call) { return chosen(call, Keep::others, LookAt::attribute); }, "*"},
    {"groupby", grouped, "attribute default case_sensitive", 1},
    {"sum", sum, "attribute start"},
});

} // namespace

std::span<FilterEntry const> selection_filters() { return filters; }

} // namespace jhub::jinja

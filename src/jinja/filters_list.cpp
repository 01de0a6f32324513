// Filters on lists and dicts that neither choose items nor call other filters.
#include <algorithm>
#include <array>
#include <random>

#include "jinja/attribute_path.hpp"
#include "jinja/call.hpp"
#include "jinja/failure.hpp"
#include "jinja/frame.hpp"
#include "jinja/limits.hpp"
#include "jinja/operations.hpp"
#include "jinja/stable_sort.hpp"
#include "jinja/text.hpp"

namespace jhub::jinja {
namespace {

Value length(Call const& call) { return length_of(call.input); }

Value first(Call const& call)
{
    List const items = items_of(call.input);
    return items.empty() ? Value() : items.front();
}

Value last(Call const& call)
{
    List const items = items_of(call.input);
    return items.empty() ? Value() : items.back();
}

Value list(Call const& call) { return items_of(call.input); }

Value reverse(Call const& call)
{
    if (call.input.is_text())
        return slice_of(call.input, nullptr, nullptr, -1);
    List items = items_of(call.input);
    std::ranges::reverse(items);
    return items;
}

Value join(Call const& call)
{
    Value const* attribute = call.get(1);
    List items = items_of(call.input);
    if (attribute && !attribute->is_none())
        for (Value& item : items)
            item = at_path(item, *attribute);
    Value const* given = call.get(0);
    Value const separator = given ? *given : Value("");
    bool const markup =
        call.frame.autoescape &&
        (separator.is_markup() || std::ranges::any_of(items, [](Value const& item) { return item.is_markup(); }));
    std::string out;
    for (std::size_t i = 0; i < items.size(); ++i) {
        if (i > 0)
            out += markup ? escaped_value(separator) : separator.to_text();
        out += markup ? escaped_value(items[i]) : items[i].to_text();
        require_reasonable_size(out.size());
    }
    return markup ? Value::markup(std::move(out)) : Value(std::move(out));
}

bool comes_before(Value const& a, Value const& b) { return order(a, b, "<") < 0; }

Value sort(Call const& call)
{
    struct Keyed {
        List keys;
        Value item;
    };
    bool const case_sensitive = call.flag(1, false);
    Value const* attribute = call.get(2);
    std::vector<Keyed> keyed;
    for (Value& item : items_of(call.input)) {
        List keys = attribute && !attribute->is_none() ? at_paths(item, *attribute) : List{item};
        if (!case_sensitive)
            for (Value& key : keys)
                key = without_case(key);
        keyed.push_back({std::move(keys), std::move(item)});
    }
    bool const reversed = call.flag(0, false);
    stable_sort(keyed, [reversed](Keyed const& a, Keyed const& b) {
        List const& left = reversed ? b.keys : a.keys;
        List const& right = reversed ? a.keys : b.keys;
        for (std::size_t i = 0; i < left.size(); ++i)
            if (!(left[i] == right[i]))
                return comes_before(left[i], right[i]);
        return false;
    });
    List items;
    for (Keyed& entry : keyed)
        items.push_back(std::move(entry.item));
    return items;
}

Value unique(Call const& call)
{
    bool const case_sensitive = call.flag(0, false);
    Value const* attribute = call.get(1);
    List seen;
    List items;
    for (Value const& item : items_of(call.input)) {
        Value key = attribute && !attribute->is_none() ? at_path(item, *attribute) : item;
        if (!case_sensitive)
            key = without_case(key);
        if (std::ranges::find(seen, key) != seen.end())
            continue;
        seen.push_back(std::move(key));
        items.push_back(item);
    }
    return items;
}

Value extreme(Call const& call, bool smallest)
{
    Value const* attribute = call.get(1);
    bool const case_sensitive = call.flag(0, false);
    Value best;
    Value best_key;
    for (Value const& item : items_of(call.input)) {
        Value key = attribute && !attribute->is_none() ? at_path(item, *attribute) : item;
        if (!case_sensitive)
            key = without_case(key);
        if (best.is_undefined() || (smallest ? comes_before(key, best_key) : comes_before(best_key, key))) {
            best = item;
            best_key = std::move(key);
        }
    }
    return best;
}

Value batch(Call const& call)
{
    auto const size = static_cast<std::size_t>(std::clamp<std::int64_t>(call.integer(0, 1), 1, 100'000));
    Value const* fill = call.get(1);
    List batches;
    List current;
    for (Value& item : items_of(call.input)) {
        if (current.size() == size)
            batches.emplace_back(std::exchange(current, {}));
        current.push_back(std::move(item));
    }
    if (!current.empty()) {
        if (fill && !fill->is_none())
            current.resize(size, *fill);
        batches.emplace_back(std::move(current));
    }
    return batches;
}

// Cuts into so many columns, the first ones longer if need be.
Value slice(Call const& call)
{
    auto const columns = static_cast<std::size_t>(std::clamp<std::int64_t>(call.integer(0, 1), 1, 100'000));
    Value const* fill = call.get(1);
    List const items = items_of(call.input);
    std::size_t const each = items.size() / columns;
    std::size_t const longer = items.size() % columns;
    List result;
    std::size_t at = 0;
    for (std::size_t column = 0; column < columns; ++column) {
        std::size_t const size = each + (column < longer ? 1 : 0);
        List part(items.begin() + static_cast<std::ptrdiff_t>(at),
                  items.begin() + static_cast<std::ptrdiff_t>(at + size));
        if (fill && !fill->is_none() && longer > 0 && column >= longer)
            part.push_back(*fill);
        result.emplace_back(std::move(part));
        at += size;
    }
    return result;
}

Value items(Call const& call)
{
    if (call.input.is_undefined())
        return List{};
    if (call.input.kind() != Value::Kind::dict)
        give_up("Can only get item pairs from a mapping.");
    List pairs;
    for (auto const& [key, value] : *call.input.dict())
        pairs.push_back(Value::tuple({key, value}));
    return pairs;
}

Value dict_sort(Call const& call)
{
    bool const case_sensitive = call.flag(0, false);
    std::string const by = call.text(1, "key");
    if (by != "key" && by != "value")
        give_up("You can only sort by either \"key\" or \"value\"");
    List pairs = items_of(items(call));
    bool const reversed = call.flag(2, false);
    stable_sort(pairs, [&](Value const& a, Value const& b) {
        auto const key = [&](Value const& pair) {
            Value const& part = pair.sequence()->items[by == "key" ? 0 : 1];
            return case_sensitive ? part : without_case(part);
        };
        return reversed ? comes_before(key(b), key(a)) : comes_before(key(a), key(b));
    });
    return pairs;
}

Value default_value(Call const& call)
{
    bool const replace = call.input.is_undefined() || (call.flag(1, false) && !call.input.truthy());
    Value const* fallback = call.get(0);
    return !replace ? call.input : fallback ? *fallback : Value("");
}

Value attribute(Call const& call)
{
    if (call.input.is_undefined())
        give_up("the value is undefined");
    std::string const name = call.text(0, "");
    return call.input.kind() == Value::Kind::object ? call.input.object().attribute(name) : method_of(call.input, name);
}

Value random_item(Call const& call)
{
    List const items = items_of(call.input);
    if (items.empty())
        return {};
    std::random_device source; // for looks only: a greeting, a colour
    return items[std::uniform_int_distribution<std::size_t>(0, items.size() - 1)(source)];
}

constexpr auto filters = std::to_array<FilterEntry>({
    {"length", length, ""},
    {"count", length, ""},
    {"first", first, ""},
    {"last", last, ""},
    {"list", list, ""},
    {"reverse", reverse, ""},
    {"join", join, "d attribute"},
    {"sort", sort, "reverse case_sensitive attribute"},
    {"unique", unique, "case_sensitive attribute"},
    {"min", [](Call const& call) { return extreme(call, true); }, "case_sensitive attribute"},
    {"max", [](Call const& call) { return extreme(call, false); }, "case_sensitive attribute"},
    {"batch", batch, "linecount fill_with", 1},
    {"slice", slice, "slices fill_with", 1},
    {"items", items, ""},
    {"dictsort", dict_sort, "case_sensitive by reverse"},
    {"default", default_value, "default_value boolean"},
    {"d", default_value, "default_value boolean"},
    {"attr", attribute, "name", 1},
    {"random", random_item, ""},
});

} // namespace

std::span<FilterEntry const> list_filters() { return filters; }

} // namespace jhub::jinja

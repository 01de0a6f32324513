// Arguments of filters and tests, and finding a filter by name.
#include "jinja/call.hpp"

#include <algorithm>
#include <array>

#include "jinja/failure.hpp"
#include "jinja/operations.hpp"

namespace jhub::jinja {
namespace {

void check_names(std::string_view what, std::string_view name, std::string_view parameters, std::size_t required,
                 Arguments const& arguments)
{
    if (parameters == "*" || (required == 0 && arguments.positional.empty() && arguments.named.empty()))
        return;
    auto const names = parameter_names(parameters);
    if (arguments.positional.size() > names.size())
        give_up("{} '{}' takes at most {} arguments", what, name, names.size());
    for (auto const& [key, value] : arguments.named)
        if (std::ranges::find(names, key) == names.end())
            give_up("{} '{}' has no argument '{}'", what, name, key);
    for (std::size_t i = arguments.positional.size(); i < required; ++i)
        if (!arguments.get(i, names[i]))
            give_up("{} '{}' needs the argument '{}'", what, name, names[i]);
}

} // namespace

std::vector<std::string_view> parameter_names(std::string_view parameters)
{
    std::vector<std::string_view> names;
    while (!parameters.empty()) {
        std::size_t const end = std::min(parameters.find(' '), parameters.size());
        names.push_back(parameters.substr(0, end));
        parameters.remove_prefix(std::min(end + 1, parameters.size()));
    }
    return names;
}

Value const* Call::get(std::size_t place) const
{
    if (place < arguments.positional.size())
        return &arguments.positional[place];
    if (arguments.named.empty())
        return nullptr;
    auto const names = parameter_names(parameters);
    return place < names.size() ? arguments.get(arguments.positional.size(), names[place]) : nullptr;
}

std::int64_t Call::integer(std::size_t place, std::int64_t fallback) const
{
    Value const* value = get(place);
    return value ? integer_of(*value) : fallback;
}

bool Call::flag(std::size_t place, bool fallback) const
{
    Value const* value = get(place);
    return value ? value->truthy() : fallback;
}

std::string Call::text(std::size_t place, std::string_view fallback) const
{
    Value const* value = get(place);
    return value ? value->to_text() : std::string(fallback);
}

FilterEntry const* find_filter(std::string_view name)
{
    for (auto const table : {text_filters(), markup_filters(), list_filters(), selection_filters(), number_filters()})
        if (auto const found = std::ranges::find(table, name, &FilterEntry::name); found != table.end())
            return &*found;
    return nullptr;
}

Value apply_filter(Frame& frame, FilterEntry const& filter, Value const& input, Arguments const& arguments)
{
    check_names("filter", filter.name, filter.parameters, filter.required, arguments);
    return filter.function({frame, filter.name, filter.parameters, input, arguments});
}

bool apply_test(Frame& frame, TestEntry const& test, Value const& input, Arguments const& arguments)
{
    check_names("test", test.name, test.parameters, test.required, arguments);
    return test.function({frame, test.name, test.parameters, input, arguments});
}

} // namespace jhub::jinja

#include "http/headers.hpp"

#include <algorithm>

#include "base/strings.hpp"

namespace jhub::http {

void Headers::add(std::string_view name, std::string_view value)
{
    fields_.push_back({std::string(name), std::string(value)});
}

void Headers::set(std::string_view name, std::string_view value)
{
    auto const same_name = [name](Header const& field) { return equals_ignoring_case(field.name, name); };
    auto const first = std::ranges::find_if(fields_, same_name);
    if (first == fields_.end()) {
        add(name, value);
        return;
    }
    first->value = value;
    fields_.erase(std::remove_if(first + 1, fields_.end(), same_name), fields_.end());
}

void Headers::erase(std::string_view name)
{
    std::erase_if(fields_, [name](Header const& field) { return equals_ignoring_case(field.name, name); });
}

std::optional<std::string_view> Headers::get(std::string_view name) const
{
    for (Header const& field : fields_)
        if (equals_ignoring_case(field.name, name))
            return field.value;
    return std::nullopt;
}

std::vector<std::string_view> Headers::all(std::string_view name) const
{
    std::vector<std::string_view> values;
    for (Header const& field : fields_)
        if (equals_ignoring_case(field.name, name))
            values.emplace_back(field.value);
    return values;
}

bool list_has_token(std::string_view list, std::string_view token)
{
    while (true) {
        auto const comma = list.find(',');
        if (equals_ignoring_case(trim(list.substr(0, comma)), token))
            return true;
        if (comma == std::string_view::npos)
            return false;
        list.remove_prefix(comma + 1);
    }
}

} // namespace jhub::http

// --show-config and --show-config-json: what was set, without the secrets (reference cli.md §1.4).
#include <fmt/format.h>

#include "config/coerce.hpp"
#include "config/load.hpp"
#include "config/value.hpp"

namespace jhub::config {
namespace {

bool is_mode(std::string_view name) { return name == "show_config" || name == "show_config_json"; }

bool is_empty(Json const& value)
{
    if (auto const* items = elements(value))
        return items->empty();
    return value.is_null() || value == "" || (value.is_object() && value.empty());
}

Json shown(std::string_view class_name, std::string_view name, Setting const& setting)
{
    auto const* option = find_option(class_name, name);
    Json value = setting.value;
    if (setting.from_text) {
        auto const parsed = option == nullptr ? Result<Json>(value.size() == 1 ? value[0] : value)
                                              : parse_texts(*option, value.get<std::vector<std::string>>(), "");
        value = parsed.value_or(value);
    }
    if (option != nullptr && option->is(secret) && !is_empty(value))
        return "[secret]";
    return without_secrets(value);
}

// As Python's json.dump(default=repr): tuples are lists, what JSON lacks is a text.
Json as_json(Json const& value)
{
    if (value.is_array() || tagged(value, "$tuple") != nullptr) {
        Json list = Json::array();
        for (auto const& item : *elements(value))
            list.push_back(as_json(item));
        return list;
    }
    if (!value.is_object())
        return value;
    if (auto const* section = tagged(value, "$section"))
        return as_json(*section);
    if (value.size() == 1 && value.begin().key().starts_with('$'))
        return python_repr(value);
    Json result = Json::object();
    for (auto const& [name, item] : value.items())
        result[name] = as_json(item);
    return result;
}

} // namespace

std::string show_config(Config const& config)
{
    std::string out;
    for (auto const& [class_name, section] : config.sections()) {
        std::string lines;
        for (auto const& [name, setting] : section)
            if (!is_mode(name))
                lines += fmt::format("  .{} = {}\n", name, python_repr(shown(class_name, name, setting)));
        if (!lines.empty())
            out += class_name + "\n" + lines;
    }
    return out;
}

std::string show_config_json(Config const& config)
{
    Json all = Json::object();
    for (auto const& [class_name, section] : config.sections()) {
        all[class_name] = Json::object();
        for (auto const& [name, setting] : section)
            if (!is_mode(name))
                all[class_name][name] = as_json(shown(class_name, name, setting));
    }
    return all.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

} // namespace jhub::config

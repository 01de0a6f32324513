#include "config/replaced_names.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/strings.hpp"
#include "config/coerce.hpp"
#include "config/resolve.hpp"
#include "config/value.hpp"

namespace jhub::config {
namespace {

// The class in use that descends from class_name; class_name itself when none does.
std::string most_derived(std::string_view class_name, std::vector<std::string> const& in_use)
{
    for (auto const& candidate : in_use)
        if (std::ranges::any_of(lineage(candidate), [&](auto const* info) { return info->name == class_name; }))
            return candidate;
    return std::string(class_name);
}

bool is_empty(Json const& value)
{
    auto const* items = elements(value);
    return items != nullptr ? items->empty() : value.empty();
}

Result<> copy(Sections& sections, Option const& option, Resolved const& old, std::vector<std::string> const& in_use,
              std::vector<std::string>& warnings)
{
    auto const checked = check_value(option, old.value);
    if (checked && *checked == default_value(option)) // nothing was changed, so there is nothing to copy
        return {};
    auto const name = split(option.replaced_by, '.');
    auto const target_class = most_derived(name[0], in_use);
    auto const& target = *find_option(target_class, name[1]);
    TRY(auto const present, resolve(sections, target_class, target, warnings));
    if (option.is(only_if_empty) && present && !is_empty(present->value))
        return {};
    sections[target_class][name[1]] = Setting{old.value, old.origin};
    return {};
}

// JupyterHub.proxy_api_ip and proxy_api_port → ConfigurableHTTPProxy.api_url.
Result<> build_api_url(Sections& sections, std::vector<std::string>& warnings)
{
    Json values = Json::object();
    std::optional<Origin> origin;
    for (char const* name : {"proxy_api_ip", "proxy_api_port", "port"}) {
        auto const& option = *find_option("JupyterHub", name);
        TRY(auto const set, resolve(sections, "JupyterHub", option, warnings));
        auto const checked = set ? check_value(option, set->value) : Result<Json>(default_value(option));
        if (!checked)
            return {}; // said with its name when the options are checked
        values[name] = *checked;
        if (set && std::string_view(name) != "port" && *checked != default_value(option))
            origin = set->origin;
    }
    if (!origin)
        return {};
    auto const ip = values["proxy_api_ip"].get<std::string>();
    auto const port = values["proxy_api_port"].get<std::int64_t>();
    auto const url = fmt::format("http://{}:{}", ip.empty() ? "127.0.0.1" : ip,
                                 port != 0 ? port : values["port"].get<std::int64_t>() + 1);
    sections["ConfigurableHTTPProxy"]["api_url"] = Setting{url, *origin};
    return {};
}

} // namespace

void warn_of_old_name(Option const& option, Origin const& origin, std::vector<std::string>& warnings)
{
    auto const name = fmt::format("{}.{}", option.class_name, option.name);
    if (option.is(no_effect))
        warnings.push_back(fmt::format("{} ({}): {}", name, origin.text(), option.help));
    else if (!option.deprecated_since.empty())
        warnings.push_back(fmt::format("{} is deprecated in JupyterHub {}{} ({})", name, option.deprecated_since,
                                       option.replaced_by.empty() ? "" : fmt::format(", use {}", option.replaced_by),
                                       origin.text()));
}

Result<> copy_replaced_names(Sections& sections, std::vector<std::string> const& in_use,
                             std::vector<std::string>& warnings)
{
    for (auto const& class_name : in_use)
        for (auto const* option : all_options(class_name))
            if (!option->replaced_by.empty()) {
                TRY(auto const old, resolve(sections, class_name, *option, warnings));
                if (old)
                    CHECK(copy(sections, *option, *old, in_use, warnings));
            }
    return build_api_url(sections, warnings);
}

} // namespace jhub::config

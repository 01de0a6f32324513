// load_groups, load_roles, custom_scopes (reference config.md §1.7).
#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

#include "base/strings.hpp"
#include "config/settings_parts.hpp"
#include "config/settings_read.hpp"
#include "config/value.hpp"

namespace jhub::config {
namespace {

constexpr std::string_view app = "JupyterHub";

std::optional<std::string> text_of(Json const& entry, char const* key)
{
    auto const found = entry.find(key);
    return found != entry.end() && found->is_string() ? std::optional(found->get<std::string>()) : std::nullopt;
}

// A list under a key; nullopt when the key is absent.
Result<std::optional<std::vector<std::string>>> list_of(Config const& config, std::string_view option,
                                                        Json const& entry, char const* key)
{
    auto const found = entry.find(key);
    if (found == entry.end())
        return std::nullopt;
    auto texts = texts_of(*found);
    if (!texts)
        return refuse(config, app, option, fmt::format("{} must be a list of texts, not {}", key, kind_of(*found)));
    return texts;
}

Result<RoleSpec> read_role(Config const& config, Json const& entry, Warnings& warnings)
{
    constexpr std::array keys{"name", "description", "scopes", "users", "groups", "services"};
    if (!entry.is_object() || !text_of(entry, "name"))
        return refuse(config, app, "load_roles",
                      fmt::format("each role must be a dictionary with a name, not {}", python_repr(entry)));
    RoleSpec role{.name = *text_of(entry, "name"), .description = text_of(entry, "description")};
    TRY(role.scopes, list_of(config, "load_roles", entry, "scopes"));
    TRY(role.users, list_of(config, "load_roles", entry, "users"));
    TRY(role.groups, list_of(config, "load_roles", entry, "groups"));
    TRY(role.services, list_of(config, "load_roles", entry, "services"));
    for (auto const& [key, value] : entry.items())
        if (std::ranges::find(keys, key) == keys.end())
            warnings.push_back(fmt::format("JupyterHub.load_roles: the role {} has a key that is not known: {}",
                                           printable(role.name), printable(key)));
    return role;
}

} // namespace

Result<std::vector<RoleSpec>> read_roles(Config const& config, Warnings& warnings)
{
    std::vector<RoleSpec> roles;
    std::set<std::string> names;
    for (auto const& entry : config.value(app, "load_roles")) {
        TRY(auto role, read_role(config, entry, warnings));
        if (!names.insert(role.name).second)
            return refuse(config, app, "load_roles", fmt::format("the role {} is there twice", printable(role.name)));
        roles.push_back(std::move(role));
    }
    return roles;
}

Result<std::vector<GroupSpec>> read_groups(Config const& config, Warnings& warnings)
{
    std::vector<GroupSpec> groups;
    for (auto const& [name, entry] : config.value(app, "load_groups").items()) {
        GroupSpec group{.name = name};
        if (auto const members = texts_of(entry)) {
            warnings.push_back(fmt::format(
                "JupyterHub.load_groups: a list for {} is deprecated in JupyterHub 3.2, use {{'users': [...]}}",
                printable(name)));
            group.users = *members;
        } else if (entry.is_object()) {
            TRY(auto const users, list_of(config, "load_groups", entry, "users"));
            group.users = users.value_or(std::vector<std::string>{});
            if (auto const properties = entry.find("properties"); properties != entry.end())
                group.properties = *properties;
        } else {
            return refuse(config, app, "load_groups",
                          fmt::format("{} must be a dictionary with users and properties", printable(name)));
        }
        groups.push_back(std::move(group));
    }
    return groups;
}

Result<std::vector<CustomScope>> read_custom_scopes(Config const& config)
{
    std::vector<CustomScope> scopes;
    for (auto const& [name, entry] : config.value(app, "custom_scopes").items()) {
        if (!name.starts_with("custom:"))
            return refuse(config, app, "custom_scopes",
                          fmt::format("the name {} must begin with custom:", printable(name)));
        if (!entry.is_object() || !text_of(entry, "description"))
            return refuse(config, app, "custom_scopes",
                          fmt::format("{} must be a dictionary with a description", printable(name)));
        TRY(auto const subscopes, list_of(config, "custom_scopes", entry, "subscopes"));
        for (auto const& [key, value] : entry.items())
            if (key != "description" && key != "subscopes")
                return refuse(config, app, "custom_scopes",
                              fmt::format("{} has a key that is not known: {}", printable(name), printable(key)));
        scopes.push_back({name, *text_of(entry, "description"), subscopes.value_or(std::vector<std::string>{})});
    }
    return scopes;
}

} // namespace jhub::config

#include "config/spawner_settings.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "config/coerce.hpp"
#include "config/settings_read.hpp"
#include "config/value.hpp"

namespace jhub::config {
namespace {

constexpr std::string_view spawner = "Spawner";
constexpr std::string_view spawner_group = "spawner";

// Dictionaries inside dictionaries are merged; None removes a key.
void merge_deep(Json& base, Json const& more)
{
    for (auto const& [key, value] : more.items()) {
        if (value.is_null())
            base.erase(key);
        else if (value.is_object() && base.contains(key) && base[key].is_object())
            merge_deep(base[key], value);
        else
            base[key] = value;
    }
}

Result<GroupOverride> read_group_override(Config const& config, std::string const& key, Json const& value)
{
    GroupOverride result{.key = key};
    auto const groups = value.is_object() && value.contains("groups") ? texts_of(value["groups"]) : std::nullopt;
    if (!groups || !value.contains("spawner_override") || !value["spawner_override"].is_object())
        return refuse(
            config, spawner, "group_overrides",
            fmt::format("{} must have the keys groups (a list of names) and spawner_override (a dictionary)", key));
    result.groups = *groups;
    result.spawner_override = value["spawner_override"];
    return result;
}

Result<> read_user_options(Config const& config, SpawnerSettings& result)
{
    result.ignores_user_options = config.value(spawner, "apply_user_options").is_null();
    if (!result.ignores_user_options) {
        TRY(result.apply_user_options, text_pairs(config, spawner, "apply_user_options"));
        for (auto const& [field, option] : result.apply_user_options)
            if (find_option(config.active_class("spawner"), option) == nullptr)
                return refuse(config, spawner, "apply_user_options", fmt::format("there is no option {}", option));
    }
    auto const& groups = config.value(spawner, "group_overrides");
    for (auto const& [key, value] : groups.items()) {
        TRY(auto entry, read_group_override(config, key, value));
        result.group_overrides.push_back(std::move(entry));
    }
    std::ranges::sort(result.group_overrides, {}, &GroupOverride::key);
    return {};
}

std::string without_brackets(std::string const& ip)
{
    return ip.starts_with('[') && ip.ends_with(']') ? ip.substr(1, ip.size() - 2) : ip;
}

// %U is an old way to write {username}.
std::string with_fields(std::string text)
{
    for (std::size_t at = 0; (at = text.find("%U", at)) != std::string::npos;)
        text.replace(at, 2, "{username}");
    return text;
}

void read_limits(Config const& config, SpawnerSettings& result)
{
    result.mem_limit = config.bytes(spawner, "mem_limit");
    result.mem_guarantee = config.bytes(spawner, "mem_guarantee");
    result.cpu_limit = config.optional_number(spawner, "cpu_limit");
    result.cpu_guarantee = config.optional_number(spawner, "cpu_guarantee");
    result.start_timeout = seconds(config, spawner, "start_timeout");
    result.http_timeout = seconds(config, spawner, "http_timeout");
    result.poll_interval = seconds(config, spawner, "poll_interval");
    result.poll_jitter = config.number(spawner, "poll_jitter");
    result.consecutive_failure_limit = config.integer(spawner, "consecutive_failure_limit");
}

void read_local(Config const& config, SpawnerSettings& result)
{
    constexpr std::string_view local = "LocalProcessSpawner";
    result.interrupt_timeout = seconds(config, local, "interrupt_timeout");
    result.term_timeout = seconds(config, local, "term_timeout");
    result.kill_timeout = seconds(config, local, "kill_timeout");
    result.shell_cmd = config.list(local, "shell_cmd");
    result.home_dir_template = config.text("SimpleLocalProcessSpawner", "home_dir_template");
}

Result<SpawnerSettings> read(Config const& config)
{
    SpawnerSettings result;
    result.class_name = config.active_class("spawner");
    result.ip = without_brackets(config.text(spawner, "ip"));
    result.port = static_cast<std::uint16_t>(config.integer(spawner, "port"));
    result.cmd = config.list(spawner, "cmd");
    result.args = config.list(spawner, "args");
    TRY(result.environment, text_pairs(config, spawner, "environment"));
    result.env_keep = config.list(spawner, "env_keep");
    result.notebook_dir = with_fields(config.text(spawner, "notebook_dir"));
    result.default_url = with_fields(config.text(spawner, "default_url"));
    result.disable_user_config = config.flag(spawner, "disable_user_config");
    result.debug = config.flag(spawner, "debug");
    read_limits(config, result);
    result.options_form = config.text(spawner, "options_form");
    result.options_from_form = config.text(spawner, "options_from_form");
    CHECK(read_user_options(config, result));
    result.oauth_client_allowed_scopes = config.list(spawner, "oauth_client_allowed_scopes");
    result.oauth_roles = config.list(spawner, "oauth_roles");
    result.server_token_scopes = config.list(spawner, "server_token_scopes");
    result.hub_connect_url = config.text(spawner, "hub_connect_url");
    result.ssl_alt_names = config.list(spawner, "ssl_alt_names");
    if (result.ssl_alt_names.empty())
        result.ssl_alt_names = config.list("JupyterHub", "trusted_alt_names");
    result.ssl_alt_names_include_local = config.flag(spawner, "ssl_alt_names_include_local");
    read_local(config, result);
    return result;
}

Result<> replace_value(Config& changed, std::string const& name, Json const& value)
{
    auto const& class_name = changed.active_class(spawner_group);
    auto const* option = find_option(class_name, name);
    if (option == nullptr)
        return fail(Errc::invalid_argument, fmt::format("{} has no option {}", class_name, name));
    auto checked = check_value(*option, value);
    if (!checked && value.is_string())
        if (auto const parsed = parse_texts(*option, {value.get<std::string>()}, ""))
            checked = check_value(*option, *parsed);
    if (!checked)
        return fail(Errc::invalid_argument, fmt::format("{}.{}: {}", class_name, name, checked.error().message));
    changed.override_value(class_name, name, *std::move(checked));
    return {};
}

} // namespace

Result<SpawnerSettings> spawner_settings(Config const& config, std::vector<Json> const& overrides)
{
    return overrides.empty() ? read(config) : with_values(config, overrides, Json::object());
}

Result<SpawnerSettings> with_values(Config const& config, std::vector<Json> const& overrides, Json const& values)
{
    Config changed = config;
    auto const& class_name = config.active_class("spawner");
    for (auto const& override_values : overrides)
        for (auto const& [name, value] : override_values.items()) {
            auto const* option = find_option(class_name, name);
            if (option == nullptr)
                return fail(Errc::invalid_argument, fmt::format("{} has no option {}", class_name, name));
            Json wanted = value;
            if (value.is_object() && option->type == Type::dictionary && changed.value(class_name, name).is_object()) {
                wanted = changed.value(class_name, name);
                merge_deep(wanted, value);
            }
            auto checked = check_value(*option, wanted);
            if (!checked)
                return fail(Errc::invalid_argument,
                            fmt::format("{}.{}: {}", class_name, name, checked.error().message));
            changed.override_value(class_name, name, *std::move(checked));
        }
    for (auto const& [name, value] : values.items())
        CHECK(replace_value(changed, name, value));
    return read(changed);
}

} // namespace jhub::config

// HubSettings: options of the application (reference config.md §1).
#include <algorithm>
#include <array>

#include <unistd.h>

#include <fmt/format.h>

#include "base/strings.hpp"
#include "config/settings_parts.hpp"
#include "config/settings_read.hpp"
#include "config/value.hpp"

namespace jhub::config {
using namespace std::chrono_literals;

namespace {

constexpr std::string_view app = "JupyterHub";

std::string hostname()
{
    std::array<char, 256> name{};
    return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

std::optional<double> number_in(Json const& dictionary, char const* key)
{
    auto const found = dictionary.find(key);
    return found == dictionary.end() ? std::nullopt : std::optional(found->is_number() ? found->get<double>() : -1.0);
}

Result<std::chrono::milliseconds> timeout_in(Config const& config, Json const& dictionary, char const* key,
                                             double usual)
{
    auto const number = number_in(dictionary, key).value_or(usual);
    if (number < 0 || number > 1e9)
        return refuse(config, app, "tornado_settings", fmt::format("{} must be a number of seconds", key));
    return std::chrono::milliseconds(static_cast<std::int64_t>(number * 1000));
}

Result<Json> dictionary_in(Config const& config, Json const& dictionary, char const* key)
{
    auto const found = dictionary.find(key);
    if (found == dictionary.end())
        return Json::object();
    if (kind_of(*found) != "a dictionary")
        return refuse(config, app, "tornado_settings",
                      fmt::format("{} must be a dictionary, not {}", key, kind_of(*found)));
    return *found;
}

Result<std::pair<double, double>> range_in(Config const& config, Json const& dictionary, char const* key)
{
    auto const found = dictionary.find(key);
    if (found == dictionary.end())
        return std::pair(30.0, 60.0);
    auto const* items = elements(*found);
    if (items == nullptr || items->size() != 2 || !(*items)[0].is_number() || !(*items)[1].is_number())
        return refuse(config, app, "tornado_settings", fmt::format("{} must be two numbers", key));
    return std::pair((*items)[0].get<double>(), (*items)[1].get<double>());
}

void read_files_and_log(Config const& config, HubSettings& hub)
{
    hub.log_level = static_cast<int>(config.integer(app, "log_level"));
    hub.extra_log_file = config.text(app, "extra_log_file");
    hub.run_as = config.text(app, "run_as");
    hub.audit_log_file = config.text(app, "audit_log_file");
    hub.pid_file = config.text(app, "pid_file");
    hub.data_files_path = config.text(app, "data_files_path");
    hub.logo_file = config.text(app, "logo_file");
    hub.template_paths = config.list(app, "template_paths");
    hub.template_vars = config.value(app, "template_vars");
    hub.jinja_environment_options = config.value(app, "jinja_environment_options");
    auto const patience = seconds(config, app, "init_spawners_timeout");
    hub.init_spawners_timeout = patience < 0s ? 24h : std::max<std::chrono::seconds>(patience, 1s);
    hub.cleanup_servers = config.flag(app, "cleanup_servers");
    hub.cleanup_proxy = config.flag(app, "cleanup_proxy");
}

Result<> read_public_side(Config const& config, HubSettings& hub, Warnings& warnings)
{
    TRY(hub.addresses, read_addresses(config, warnings));
    hub.ssl_key = config.text(app, "ssl_key");
    hub.ssl_cert = config.text(app, "ssl_cert");
    std::string const hook = config.text(app, "subdomain_hook");
    if (hook != "idna" && hook != "legacy")
        return refuse(config, app, "subdomain_hook", "idna or legacy is expected");
    hub.addresses.subdomain_hook = hook == "idna" ? SubdomainHook::idna : SubdomainHook::legacy;
    if (hook == "legacy" && !hub.addresses.subdomain_host.empty())
        warnings.emplace_back(
            "JupyterHub.subdomain_hook = 'legacy': names of different users may share a host; idna is safer");
    hub.trusted_downstream_ips = config.list(app, "trusted_downstream_ips");
    hub.forwarded_host_header = config.text(app, "forwarded_host_header");
    hub.default_url = config.text(app, "default_url");
    hub.redirect_to_server = config.flag(app, "redirect_to_server");
    hub.cookie_host_prefix_enabled = config.flag(app, "cookie_host_prefix_enabled");
    hub.authenticate_prometheus = config.flag(app, "authenticate_prometheus");
    hub.api_page_default_limit = config.integer(app, "api_page_default_limit");
    hub.api_page_max_limit = config.integer(app, "api_page_max_limit");
    return {};
}

Result<> read_people(Config const& config, HubSettings& hub, Warnings& warnings)
{
    hub.admin_access = config.flag(app, "admin_access");
    hub.allow_named_servers = config.flag(app, "allow_named_servers");
    hub.shutdown_on_logout = config.flag(app, "shutdown_on_logout");
    hub.named_server_limit_per_user = std::max<std::int64_t>(config.integer(app, "named_server_limit_per_user"), 0);
    hub.default_server_name = config.text(app, "default_server_name");
    if (!hub.allow_named_servers && !hub.default_server_name.empty()) {
        warnings.emplace_back("JupyterHub.default_server_name has no effect without allow_named_servers");
        hub.default_server_name.clear();
    }
    TRY(hub.load_groups, read_groups(config, warnings));
    if (!hub.load_groups.empty() && config.flag("Authenticator", "manage_groups"))
        return refuse(config, app, "load_groups",
                      "groups come from the authenticator (manage_groups): they cannot be loaded, too");
    TRY(hub.load_roles, read_roles(config, warnings));
    TRY(hub.custom_scopes, read_custom_scopes(config));
    TRY(hub.services, read_services(config, warnings));
    TRY(hub.idle_culler, read_idle_culler(config));
    return {};
}

void read_activity(Config const& config, HubSettings& hub)
{
    hub.concurrent_spawn_limit = config.integer(app, "concurrent_spawn_limit");
    hub.active_server_limit = config.integer(app, "active_server_limit");
    hub.implicit_spawn_seconds = config.number(app, "implicit_spawn_seconds");
    hub.activity_resolution = seconds(config, app, "activity_resolution");
    hub.last_activity_interval = seconds(config, app, "last_activity_interval");
    hub.active_user_window = seconds(config, app, "active_user_window");
    hub.service_check_interval = seconds(config, app, "service_check_interval");
    hub.use_legacy_stopped_server_status_code = config.flag(app, "use_legacy_stopped_server_status_code");
    hub.active_users_metric = config.flag("PeriodicMetricsCollector", "active_users_enabled");
    hub.active_users_interval = seconds(config, "PeriodicMetricsCollector", "active_users_update_interval");
}

void read_storage(Config const& config, HubSettings& hub)
{
    hub.db_url = config.text(app, "db_url");
    if (!hub.db_url.contains("://"))
        hub.db_url = "sqlite:///" + hub.db_url;
    hub.db_kwargs = config.value(app, "db_kwargs");
    hub.upgrade_db = config.flag(app, "upgrade_db");
    hub.reset_db = config.flag(app, "reset_db");
    hub.debug_db = config.flag(app, "debug_db");
    hub.internal_ssl = config.flag(app, "internal_ssl");
    hub.recreate_internal_certs = config.flag(app, "recreate_internal_certs");
    hub.internal_certs_location = config.text(app, "internal_certs_location");
    hub.external_ssl_authorities = config.value(app, "external_ssl_authorities");
    hub.trusted_alt_names = config.list(app, "trusted_alt_names");
}

} // namespace

std::string variable(Environment const& environment, std::string_view name)
{
    auto const found = environment.find(name);
    return found == environment.end() ? std::string{} : found->second;
}

Result<> read_tornado_settings(Config const& config, TornadoSettings& result)
{
    auto const& given = config.value(app, "tornado_settings");
    TRY(result.slow_spawn_timeout, timeout_in(config, given, "slow_spawn_timeout", 10));
    TRY(result.slow_stop_timeout, timeout_in(config, given, "slow_stop_timeout", 10));
    TRY(auto const headers, dictionary_in(config, given, "headers"));
    for (auto const& [name, value] : headers.items()) {
        if (!value.is_string())
            return refuse(config, app, "tornado_settings",
                          fmt::format("the header {} must be a text", printable(name)));
        result.headers.emplace_back(name, value.get<std::string>());
    }
    TRY(result.cookie_options, dictionary_in(config, given, "cookie_options"));
    TRY(result.xsrf_cookie_kwargs, dictionary_in(config, given, "xsrf_cookie_kwargs"));
    result.user_redirect_limit = static_cast<std::int64_t>(number_in(given, "user_redirect_limit").value_or(4));
    TRY(result.spawn_throttle_retry_range, range_in(config, given, "spawn_throttle_retry_range"));
    return {};
}

Result<Addresses> read_addresses(Config const& config, Warnings& warnings)
{
    auto const text_if_set = [&](char const* name) {
        return config.is_set(app, name) ? std::optional(config.text(app, name)) : std::nullopt;
    };
    AddressOptions options{
        .bind_url = text_if_set("bind_url"), .ip = text_if_set("ip"), .base_url = text_if_set("base_url")};
    if (config.is_set(app, "port"))
        options.port = config.integer(app, "port");
    options.tls = !config.text(app, "ssl_cert").empty();
    options.internal_ssl = config.flag(app, "internal_ssl");
    options.hub_ip = config.text(app, "hub_ip");
    options.hub_port = config.integer(app, "hub_port");
    options.hub_bind_url = config.text(app, "hub_bind_url");
    options.hub_connect_ip = config.text(app, "hub_connect_ip");
    options.hub_connect_url = config.text(app, "hub_connect_url");
    options.hub_connect_port = config.integer(app, "hub_connect_port");
    options.public_url = config.text(app, "public_url");
    options.subdomain_host = config.text(app, "subdomain_host");
    options.hub_routespec = config.text(app, "hub_routespec");
    options.hostname = hostname();
    return combine_addresses(options, warnings);
}

Result<HubSettings> read_hub(Config const& config, Environment const& environment, Warnings& warnings)
{
    HubSettings hub;
    read_files_and_log(config, hub);
    TRY(hub.event_targets, read_event_targets(config));
    CHECK(read_tornado_settings(config, hub.tornado_settings));
    CHECK(read_public_side(config, hub, warnings));
    CHECK(read_secrets(config, environment, hub, warnings));
    CHECK(read_people(config, hub, warnings));
    read_activity(config, hub);
    read_storage(config, hub);
    auto const prefix = variable(environment, "JUPYTERHUB_METRICS_PREFIX");
    hub.metrics_prefix = prefix.empty() ? "jupyterhub" : prefix;
    hub.spawner_class = config.active_class("spawner");
    hub.authenticator_class = config.active_class("authenticator");
    hub.proxy_class = config.active_class("proxy");
    return hub;
}

} // namespace jhub::config

#include "config/settings.hpp"

#include <stdexcept>

#include <fmt/format.h>

#include "base/strings.hpp"
#include "base/url.hpp"
#include "config/settings_parts.hpp"
#include "config/settings_read.hpp"
#include "config/without_effect.hpp"

namespace jhub::config {
namespace {

constexpr std::string_view chp = "ConfigurableHTTPProxy";

// Routes end with a slash; they begin with one exactly when hosts play no part.
Result<std::map<std::string, std::string>> read_extra_routes(Config const& config, bool subdomains, Warnings& warnings)
{
    TRY(auto const given, text_map(config, "Proxy", "extra_routes"));
    std::map<std::string, std::string> routes;
    for (auto const& [spec, target] : given) {
        if (spec.starts_with('/') == subdomains)
            return refuse(
                config, "Proxy", "extra_routes",
                fmt::format("{} must {}begin with /", printable(spec), subdomains ? "name a host and not " : ""));
        auto const url = parse_url(target);
        if (!url || url->host.empty() || !url->scheme.starts_with("http"))
            return refuse(config, "Proxy", "extra_routes",
                          fmt::format("{} must lead to a http or https URL", printable(spec)));
        if (!spec.ends_with('/'))
            warnings.push_back(fmt::format("Proxy.extra_routes: / is appended to {}", printable(spec)));
        routes[spec.ends_with('/') ? spec : spec + "/"] = target;
    }
    return routes;
}

} // namespace

Result<ProxySettings> read_proxy(Config const& config, Environment const& environment, Addresses const& addresses,
                                 Warnings& warnings)
{
    ProxySettings proxy;
    proxy.class_name = config.active_class("proxy");
    proxy.should_start = config.flag("Proxy", "should_start");
    TRY(proxy.extra_routes, read_extra_routes(config, !addresses.subdomain_host.empty(), warnings));
    proxy.command = config.list(chp, "command");
    proxy.api_url = config.text(chp, "api_url");
    if (config.flag("JupyterHub", "internal_ssl") && !config.is_set(chp, "api_url"))
        proxy.api_url = replace_all(proxy.api_url, "http://", "https://");
    if (auto const url = parse_url(proxy.api_url); !url)
        return refuse(config, chp, "api_url", url.error().message);
    proxy.auth_token = config.text(chp, "auth_token");
    if (proxy.auth_token.empty())
        proxy.auth_token = variable(environment, "CONFIGPROXY_AUTH_TOKEN");
    if (proxy.auth_token.empty() && !proxy.should_start)
        return refuse(
            config, chp, "auth_token",
            "a proxy that the hub does not start needs it here or in CONFIGPROXY_AUTH_TOKEN, the same for both");
    proxy.log_level = config.flag(chp, "debug") ? "debug" : config.text(chp, "log_level");
    proxy.check_running_interval = seconds(config, chp, "check_running_interval");
    proxy.concurrency = config.integer(chp, "concurrency");
    proxy.pid_file = config.text(chp, "pid_file");
    return proxy;
}

Result<Settings> make_settings(Config const& config, Environment const& environment, std::vector<std::string>& warnings)
{
    Settings settings;
    TRY(settings.hub, read_hub(config, environment, warnings));
    TRY(settings.authenticator, read_authenticator(config, warnings));
    TRY(settings.spawner, spawner_settings(config));
    TRY(settings.proxy, read_proxy(config, environment, settings.hub.addresses, warnings));
    warn_of_options_without_effect(config, warnings);
    for (auto const& option : config.live_options())
        settings.python.options.insert(option);
    if (auto const* chosen = config.python_class("authenticator"))
        settings.python.authenticator = *chosen;
    if (auto const* chosen = config.python_class("spawner"))
        settings.python.spawner = *chosen;
    settings.source = std::make_shared<Config const>(config);
    return settings;
}

Settings default_settings()
{
    std::vector<std::string> ignored;
    auto settings = make_settings(Config(), {}, ignored);
    if (!settings)
        throw std::logic_error(settings.error().message);
    return *std::move(settings);
}

} // namespace jhub::config

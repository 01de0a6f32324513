#include "hub/core/environment.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>

#include "base/strings.hpp"
#include "base/url.hpp"

namespace jhub::hub {
namespace {

// As Python's str(): 1.0 for a whole number.
std::string python_float(double value)
{
    std::string text = fmt::format("{}", value);
    return text.find_first_of(".en") == std::string::npos ? text + ".0" : text;
}

void add_limits(Environment& environment, EnvironmentInput const& input)
{
    auto const add_bytes = [&](std::string_view name, std::optional<std::uint64_t> value) {
        if (value.value_or(0) != 0)
            set_variable(environment, name, std::to_string(*value));
    };
    auto const add_share = [&](std::string_view name, std::optional<double> value) {
        if (value.value_or(0) != 0)
            set_variable(environment, name, python_float(*value));
    };
    add_bytes("MEM_LIMIT", input.mem_limit);
    add_bytes("MEM_GUARANTEE", input.mem_guarantee);
    add_share("CPU_LIMIT", input.cpu_limit);
    add_share("CPU_GUARANTEE", input.cpu_guarantee);
}

void add_oauth(Environment& environment, EnvironmentInput const& input)
{
    std::string const scopes = to_python_json(access_scopes(input.user, input.server));
    set_variable(environment, "JUPYTERHUB_OAUTH_CALLBACK_URL",
                 join_path(input.urls.server_url(input.user, input.server), "oauth_callback"));
    set_variable(environment, "JUPYTERHUB_OAUTH_SCOPES", scopes);
    set_variable(environment, "JUPYTERHUB_OAUTH_ACCESS_SCOPES", scopes);
    set_variable(environment, "JUPYTERHUB_OAUTH_CLIENT_ALLOWED_SCOPES", to_python_json(input.client_allowed_scopes));
}

std::string api_url(EnvironmentInput const& input)
{
    if (!input.hub_connect_url)
        return input.urls.internal_api();
    return join_path(*input.hub_connect_url, input.urls.api(""));
}

std::string without_last_slash(std::string text)
{
    while (text.ends_with('/'))
        text.pop_back();
    return text;
}

} // namespace

void set_variable(Environment& environment, std::string_view name, std::string value)
{
    auto const found = std::ranges::find(environment, name, &Environment::value_type::first);
    if (found != environment.end())
        found->second = std::move(value);
    else
        environment.emplace_back(name, std::move(value));
}

Environment kept_variables(std::vector<std::string> const& names)
{
    Environment kept;
    for (auto const& name : names)
        if (char const* const value = std::getenv(name.c_str()))
            kept.emplace_back(name, value);
    return kept;
}

std::string fill_template(std::string text, std::string_view user, std::string_view base_url)
{
    text = replace_all(std::move(text), "%U", "{username}");
    return replace_all(replace_all(std::move(text), "{username}", user), "{base_url}", base_url);
}

std::vector<std::string> access_scopes(std::string_view user, std::string_view server)
{
    return {fmt::format("access:servers!server={}/{}", user, server), fmt::format("access:servers!user={}", user)};
}

Environment build_environment(EnvironmentInput const& input)
{
    Environment environment = input.kept;
    auto const set = [&](std::string_view name, std::string value) {
        set_variable(environment, name, std::move(value));
    };
    std::string const api = without_last_slash(api_url(input));
    std::string const prefix = input.urls.server(input.user, input.server);

    set("JUPYTERHUB_API_TOKEN", input.api_token);
    set("JPY_API_TOKEN", input.api_token);
    if (input.admin_access)
        set("JUPYTERHUB_ADMIN_ACCESS", "1");
    set("JUPYTERHUB_CLIENT_ID", server_client_id(input.user, input.server));
    if (!input.cookie_options.empty())
        set("JUPYTERHUB_COOKIE_OPTIONS", to_python_json(input.cookie_options));
    set("JUPYTERHUB_COOKIE_HOST_PREFIX_ENABLED", input.cookie_host_prefix ? "1" : "0");
    set("JUPYTERHUB_HOST", input.urls.public_origin());
    add_oauth(environment, input);
    set("JUPYTERHUB_USER", input.user);
    set("JUPYTERHUB_SERVER_NAME", input.server);
    set("JUPYTERHUB_API_URL", api);
    set("JUPYTERHUB_ACTIVITY_URL", api + "/users/" + escape_name(input.user) + "/activity");
    set("JUPYTERHUB_BASE_URL", input.urls.base());
    set("JUPYTERHUB_SERVICE_PREFIX", prefix);
    set("JUPYTERHUB_SERVICE_URL", input.service_url);
    bool const is_public = !input.urls.public_origin().empty();
    set("JUPYTERHUB_PUBLIC_URL", input.urls.full(input.urls.server_url(input.user, input.server)));
    set("JUPYTERHUB_PUBLIC_HUB_URL", is_public ? input.urls.public_origin() + input.urls.hub_prefix() : "");
    add_limits(environment, input);
    if (!input.notebook_dir.empty())
        set("JUPYTERHUB_ROOT_DIR", fill_template(input.notebook_dir, input.user, input.urls.base()));
    if (!input.default_url.empty())
        set("JUPYTERHUB_DEFAULT_URL", fill_template(input.default_url, input.user, input.urls.base()));
    if (input.debug)
        set("JUPYTERHUB_DEBUG", "1");
    if (input.disable_user_config)
        set("JUPYTERHUB_DISABLE_USER_CONFIG", "1");
    for (auto const& [name, value] : input.configured)
        set(name, value);
    return environment;
}

} // namespace jhub::hub

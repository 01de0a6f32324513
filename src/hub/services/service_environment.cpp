#include "hub/services/service_environment.hpp"

#include "base/json.hpp"
#include "hub/core/services.hpp"

namespace jhub::hub::services {
namespace {

// What a service without an address is told: what is left over of a server that was never given a port.
constexpr std::string_view no_url = "http://127.0.0.1:0/";

std::string callback_url(ServiceEnvironmentInput const& input)
{
    if (!input.spec.oauth_redirect_uri.empty())
        return input.spec.oauth_redirect_uri;
    if (input.spec.url.empty())
        return "oauth_callback";
    return input.urls.service_url(input.spec.name) + "oauth_callback";
}

} // namespace

Environment build_service_environment(ServiceEnvironmentInput const& input)
{
    auto const& [urls, spec, token, kept, account] = input;
    Environment environment = kept;
    auto const set = [&](std::string_view name, std::string value) {
        set_variable(environment, name, std::move(value));
    };
    std::string const scopes =
        to_python_json(std::vector<std::string>{"access:services", "access:services!service=" + spec.name});
    bool const is_public = !urls.public_origin().empty();
    bool const has_url = !spec.url.empty();

    set("JUPYTERHUB_SERVICE_NAME", spec.name);
    set("JUPYTERHUB_API_TOKEN", token);
    set("JPY_API_TOKEN", token);
    set("JUPYTERHUB_CLIENT_ID", service_client_id(spec));
    set("JUPYTERHUB_COOKIE_HOST_PREFIX_ENABLED", "0");
    set("JUPYTERHUB_HOST", urls.public_origin());
    set("JUPYTERHUB_OAUTH_CALLBACK_URL", callback_url(input));
    set("JUPYTERHUB_OAUTH_SCOPES", scopes);
    set("JUPYTERHUB_OAUTH_ACCESS_SCOPES", scopes);
    set("JUPYTERHUB_OAUTH_CLIENT_ALLOWED_SCOPES", "[]");
    set("JUPYTERHUB_USER", spec.user);
    set("JUPYTERHUB_SERVER_NAME", "");
    set("JUPYTERHUB_API_URL", urls.internal_api());
    set("JUPYTERHUB_BASE_URL", urls.base());
    if (has_url)
        set("JUPYTERHUB_SERVICE_PREFIX", urls.service(spec.name));
    set("JUPYTERHUB_SERVICE_URL", has_url ? spec.url : std::string(no_url));
    set("JUPYTERHUB_PUBLIC_URL", has_url ? urls.full(urls.service_url(spec.name)) : std::string());
    set("JUPYTERHUB_PUBLIC_HUB_URL", is_public ? urls.public_origin() + urls.hub_prefix() : std::string());
    if (account) {
        set("USER", account->name);
        set("HOME", account->home);
        set("SHELL", account->shell);
    }
    for (auto const& [name, value] : spec.environment)
        set(name, value);
    return environment;
}

} // namespace jhub::hub::services

#include "hub/startup/start_python.hpp"

#include <array>

#include <grp.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/url.hpp"
#include "hub/core/urls.hpp"

namespace jhub::hub {
namespace {

constexpr std::chrono::seconds patience{60};

Json this_account()
{
    std::vector<gid_t> groups(static_cast<std::size_t>(std::max(0, ::getgroups(0, nullptr))));
    if (::getgroups(static_cast<int>(groups.size()), groups.data()) < 0)
        groups.clear();
    return {{"uid", ::geteuid()}, {"gid", ::getegid()}, {"groups", groups}};
}

Json describe_hub(config::Addresses const& addresses)
{
    auto const connect = parse_url(addresses.hub_connect_url);
    Urls const urls(addresses);
    return {{"base_url", urls.hub_prefix()},
            {"url", addresses.hub_connect_url},
            {"api_url", urls.internal_api()},
            {"public_host", urls.public_origin()},
            {"connect_url", addresses.hub_connect_url},
            {"connect_ip", connect ? connect->host : ""},
            {"ip", addresses.hub_ip},
            {"port", addresses.hub_port}};
}

// name → {"value", "set"} of all options of the class in use, and where its Python class is found.
Json describe_class(config::Settings const& settings, std::string_view group,
                    std::optional<config::PythonClass> const& chosen)
{
    auto const& config = *settings.source;
    Json options = Json::object();
    for (auto const& [name, value] : config.all_values(group).items())
        options[name] = {{"value", value}, {"set", config.is_set(config.active_class(group), name)}};
    Json told{{"options", std::move(options)}};
    if (chosen)
        told["at"] = chosen->at;
    return told;
}

Result<> check_spawner_class(config::Settings const& settings, Json const& abilities)
{
    if (!settings.python.spawner)
        return {};
    for (auto const* method : {"start", "stop", "poll", "load_state"})
        if (abilities.contains("spawner") && abilities["spawner"].value(method, false))
            return fail(Errc::invalid_argument,
                        fmt::format("c.JupyterHub.spawner_class: {} has a method {}() of its own, which is not "
                                    "supported yet: this hub starts the servers of Python classes as "
                                    "LocalProcessSpawner does. Use the Python hub for this spawner.",
                                    settings.python.spawner->name, method));
    return {};
}

void take_over(config::AuthenticatorSettings& settings, Json const& told)
{
    for (auto const& [name, flag] : {std::pair{"manage_groups", &settings.manage_groups},
                                     std::pair{"enable_auth_state", &settings.enable_auth_state}})
        *flag = told.value(name, *flag);
}

} // namespace

Result<StartedPython> start_python(asio::any_io_executor executor, ServeInput& input)
{
    auto& settings = input.settings;
    StartedPython started;
    if (settings.python.empty() || !input.interpreter)
        return started;
    python::LiveOptions options;
    options.file = input.config_file;
    options.environment = input.environment;
    options.greeting = {{"account", this_account()},
                        {"log_level", settings.hub.log_level},
                        {"hub", describe_hub(settings.hub.addresses)},
                        {"spawner", describe_class(settings, "spawner", settings.python.spawner)},
                        {"authenticator", describe_class(settings, "authenticator", settings.python.authenticator)}};
    auto introduced = python::introduce(*input.interpreter, options.greeting, patience);
    if (!introduced)
        return fail(introduced.error().code,
                    fmt::format("The configuration cannot be used: {}", introduced.error().message));
    started.abilities = *std::move(introduced);
    CHECK(check_spawner_class(settings, started.abilities));
    take_over(settings.authenticator, started.abilities["authenticator"]);
    started.host =
        std::make_unique<python::LiveHost>(std::move(executor), std::move(options), std::move(*input.interpreter));
    input.interpreter.reset();
    return started;
}

} // namespace jhub::hub

#include "config/options.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/strings.hpp"
#include "config/tables.hpp"

namespace jhub::config {
namespace {

constexpr std::array classes{
    ClassInfo{"Application", "", "", "", "traitlets.config", "Log and modes of the program."},
    ClassInfo{"JupyterHub", "Application", "", "", "jupyterhub.app", "The hub."},
    ClassInfo{"Authenticator", "", "", "", "jupyterhub.auth", "What all authenticators share."},
    ClassInfo{"LocalAuthenticator", "Authenticator", "", "", "jupyterhub.auth", "Users are accounts of this machine."},
    ClassInfo{"PAMAuthenticator", "LocalAuthenticator", "authenticator", "default|pam", "jupyterhub.auth",
              "Passwords of this machine, through PAM."},
    ClassInfo{"DummyAuthenticator", "Authenticator", "authenticator", "dummy",
              "jupyterhub.auth|jupyterhub.authenticators.dummy", "Any password, or one for all. For tests only."},
    ClassInfo{"SharedPasswordAuthenticator", "Authenticator", "authenticator", "shared-password",
              "jupyterhub.auth|jupyterhub.authenticators.shared",
              "One password for all users, another for administrators."},
    ClassInfo{"NullAuthenticator", "Authenticator", "authenticator", "null", "jupyterhub.auth", "Nobody can log in."},
    ClassInfo{"Spawner", "", "", "", "jupyterhub.spawner", "What all spawners share."},
    ClassInfo{"LocalProcessSpawner", "Spawner", "spawner", "default|localprocess", "jupyterhub.spawner",
              "Servers are processes of this machine, each under its user's account."},
    ClassInfo{"SimpleLocalProcessSpawner", "LocalProcessSpawner", "spawner", "simple", "jupyterhub.spawner",
              "Servers are processes of the hub's own account. For tests only."},
    ClassInfo{"Proxy", "", "", "", "jupyterhub.proxy", "What all proxies share."},
    ClassInfo{"ConfigurableHTTPProxy", "Proxy", "proxy", "default|configurable-http-proxy", "jupyterhub.proxy",
              "The proxy configurable-http-proxy, started by the hub or by somebody else."},
    ClassInfo{"CryptKeeper", "", "", "", "jupyterhub.crypto", "Keys for the state of logins."},
    ClassInfo{"EventLogger", "", "", "", "jupyter_events.logger", "Events of servers."},
    ClassInfo{"PeriodicMetricsCollector", "", "", "", "jupyterhub.metrics",
              "Metrics that are measured from time to time."},
};

std::vector<Option const*> declared(std::string_view class_name)
{
    std::vector<Option const*> found;
    for (auto const table : {jupyterhub_options(), authenticator_options(), spawner_options(), proxy_options()})
        for (auto const& option : table)
            if (option.class_name == class_name)
                found.push_back(&option);
    return found;
}

} // namespace

std::span<ClassInfo const> all_classes() { return classes; }

ClassInfo const* find_class(std::string_view name)
{
    auto const found = std::ranges::find(classes, name, &ClassInfo::name);
    return found == classes.end() ? nullptr : &*found;
}

std::vector<ClassInfo const*> lineage(std::string_view class_name)
{
    std::vector<ClassInfo const*> line;
    for (auto const* info = find_class(class_name); info != nullptr; info = find_class(info->base))
        line.push_back(info);
    return line;
}

std::vector<Option const*> options_of(std::string_view class_name) { return declared(class_name); }

Option const* find_option(std::string_view class_name, std::string_view name)
{
    for (auto const* info : lineage(class_name))
        for (auto const* option : declared(info->name))
            if (option->name == name)
                return option;
    return nullptr;
}

std::vector<Option const*> all_options(std::string_view class_name)
{
    std::vector<Option const*> found;
    for (auto const* info : lineage(class_name))
        for (auto const* option : declared(info->name))
            if (std::ranges::find(found, option->name, &Option::name) == found.end())
                found.push_back(option);
    return found;
}

ClassInfo const* find_entry_point(std::string_view group, std::string_view name_or_path)
{
    for (auto const& info : classes) {
        if (info.group != group)
            continue;
        for (auto const& name : split(info.entry_names, '|'))
            if (equals_ignoring_case(name, name_or_path))
                return &info;
        for (auto const& module : split(info.module, '|'))
            if (fmt::format("{}.{}", module, info.name) == name_or_path)
                return &info;
    }
    return nullptr;
}

} // namespace jhub::config

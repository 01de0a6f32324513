#include "hub/startup/make_helper_policy.hpp"

#include "privileged/helper_program.hpp"

namespace jhub::hub {
namespace {

// The configuration gives these any value: a function there, or a hook, may work it out for each person.
std::vector<std::string> configured_variables(config::Settings const& settings)
{
    std::vector<std::string> names;
    auto const add = [&names](auto const& environment) {
        for (auto const& [name, value] : environment)
            names.push_back(name);
    };
    add(settings.spawner.environment);
    for (auto const& service : settings.hub.services)
        add(service.environment);
    return names;
}

// And these the value that the hub was started with: servers get those that the configuration lists, services those
// that are listed by default.
std::vector<std::pair<std::string, std::string>> kept_variables(config::Settings const& settings,
                                                                config::Environment const& environment)
{
    std::vector<std::pair<std::string, std::string>> kept;
    auto names = settings.spawner.env_keep;
    for (std::string const& name : config::default_settings().spawner.env_keep)
        names.push_back(name);
    for (std::string const& name : names)
        if (auto const found = environment.find(name); found != environment.end())
            kept.emplace_back(name, found->second);
    return kept;
}

} // namespace

privileged::HelperPolicy make_helper_policy(config::Settings const& settings, config::Environment const& environment)
{
    auto const& logins = settings.authenticator;
    privileged::HelperPolicy policy;
    policy.open_files = privileged::soft_open_files();
    policy.variables = configured_variables(settings);
    policy.fixed_variables = kept_variables(settings, environment);
    policy.login_service = logins.pam_service;
    policy.check_account = logins.pam_check_account;
    if (logins.pam_open_sessions)
        policy.session_service = logins.pam_service;
    return policy;
}

} // namespace jhub::hub

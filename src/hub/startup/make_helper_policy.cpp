#include "hub/startup/make_helper_policy.hpp"

#include <filesystem>

#include "config/helper_rules.hpp"
#include "privileged/helper_program.hpp"
#include "privileged/hub_account.hpp"

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

// As the hub asks for them, see ManagedService::command().
std::vector<privileged::FixedCommand> services(config::Settings const& settings)
{
    std::error_code ignored;
    std::string const here = std::filesystem::current_path(ignored).string();
    std::vector<privileged::FixedCommand> list;
    for (auto const& service : settings.hub.services)
        if (!service.command.empty() && !service.user.empty())
            list.push_back(
                {service.user, service.command, service.cwd.empty() ? here : service.cwd, service.environment});
    return list;
}

std::optional<privileged::AddAccount> add_account(config::AuthenticatorSettings const& settings)
{
    if (!settings.create_system_users)
        return std::nullopt;
    privileged::AddAccount how;
    if (!settings.add_user_cmd.empty())
        how.command = settings.add_user_cmd;
    for (auto const& [name, uid] : settings.uids)
        how.uids.push_back({name, uid});
    return how;
}

void apply(config::HelperRules const& rules, privileged::HelperPolicy& policy)
{
    policy.admission.first_uid = rules.first_uid;
    policy.admission.users = rules.users;
    policy.admission.groups = rules.groups;
    policy.admission.powerful = rules.powerful_groups;
    policy.admission.shells = rules.shells;
    policy.programs = rules.programs;
    policy.variables.insert(policy.variables.end(), rules.variables.begin(), rules.variables.end());
}

} // namespace

Result<privileged::HelperPolicy> make_helper_policy(config::Settings const& settings,
                                                    config::Environment const& environment)
{
    auto const& logins = settings.authenticator;
    TRY(config::HelperRules rules, config::read_helper_rules(*settings.source));
    CHECK(config::add_helper_rules_of_file(rules, privileged::helper_policy_file));
    if (std::string const problem = config::problem_of_programs(rules); !problem.empty())
        return fail(Errc::invalid_argument, problem);
    privileged::HelperPolicy policy;
    policy.open_files = privileged::soft_open_files();
    policy.variables = configured_variables(settings);
    policy.fixed_variables = kept_variables(settings, environment);
    policy.admission.never = {privileged::proxy_uid()};
    policy.services = services(settings);
    policy.add_account = add_account(logins);
    apply(rules, policy);
    policy.login_service = logins.pam_service;
    policy.check_account = logins.pam_check_account;
    if (logins.pam_open_sessions)
        policy.session_service = logins.pam_service;
    return policy;
}

} // namespace jhub::hub

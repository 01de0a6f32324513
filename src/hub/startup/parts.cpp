#include "hub/startup/parts.hpp"

#include <fmt/format.h>

#include "auth/pam_authenticator.hpp"
#include "auth/python_authenticator.hpp"
#include "auth/simple_authenticators.hpp"
#include "spawn/local_process_spawner.hpp"

namespace jhub::hub {
namespace {

auth::NameSet to_set(std::vector<std::string> const& names) { return {names.begin(), names.end()}; }

std::optional<std::string> if_set(std::string const& text) { return text.empty() ? std::nullopt : std::optional(text); }

auth::PamOptions pam_options(config::AuthenticatorSettings const& settings)
{
    auth::PamOptions options;
    options.local.create_system_users = settings.create_system_users;
    options.service = settings.pam_service;
    options.check_account = settings.pam_check_account;
    options.normalize_by_uid = settings.pam_normalize_username;
    return options;
}

} // namespace

AllowOptions allow_options(config::Loaded const& loaded)
{
    auto const& config = loaded.config;
    AllowOptions allow;
    std::string const& authenticator = config.active_class("authenticator");
    if (config.is_set(authenticator, "allow_all"))
        allow.allow_all = config.flag(authenticator, "allow_all");
    if (config.is_set(authenticator, "allow_existing_users"))
        allow.allow_existing_users = config.flag(authenticator, "allow_existing_users");
    // A file that was read closes, whatever came of it.
    allow.unconfigured = authenticator == "PAMAuthenticator" && config.sections().empty() && loaded.files.empty();
    return allow;
}

Result<auth::LoginRules> make_login_rules(config::AuthenticatorSettings const& settings, AllowOptions const& allow)
{
    auth::LoginRules rules;
    rules.allow_all = allow.allow_all;
    rules.allow_existing_users = allow.allow_existing_users;
    rules.when_unconfigured = allow.unconfigured ? auth::WhenUnconfigured::everyone : auth::WhenUnconfigured::nobody;
    rules.allowed_users = to_set(settings.allowed_users);
    rules.admin_users = to_set(settings.admin_users);
    rules.blocked_users = to_set(settings.blocked_users);
    rules.keep_case = allow.names_as_given || settings.pam_normalize_username;
    if (!allow.names_as_given)
        rules.username_map.insert(settings.username_map.begin(), settings.username_map.end());
    rules.allowed_groups = to_set(settings.allowed_groups);
    rules.admin_groups = to_set(settings.pam_admin_groups);
    TRY(rules.username_pattern, auth::UsernamePattern::compile(settings.username_pattern));
    return rules;
}

Result<std::unique_ptr<auth::Authenticator>> make_python_authenticator(config::Settings const& settings,
                                                                       auth::LoginRules const& rules,
                                                                       auth::SystemAccounts& accounts,
                                                                       python::LiveHost& host, Json const& told)
{
    std::string const& name = settings.python.authenticator->name;
    if (told.value("own_handlers", false))
        return fail(
            Errc::invalid_argument,
            fmt::format("c.JupyterHub.authenticator_class: {} has pages of its own (get_handlers), which is not "
                        "supported yet. Use the Python hub for this authenticator.",
                        name));
    // What the class inherits, ours does: the accounts of LocalAuthenticator, the passwords of PAM.
    auto base = settings.authenticator;
    if (base.class_name == "Authenticator")
        base.class_name = "NullAuthenticator";
    else if (base.class_name == "LocalAuthenticator")
        base.class_name = "PAMAuthenticator";
    TRY(auto ours, make_authenticator(base, rules, accounts));
    return std::make_unique<auth::PythonAuthenticator>(host, name, told, std::move(ours));
}

Result<std::unique_ptr<auth::Authenticator>> make_authenticator(config::AuthenticatorSettings const& settings,
                                                                auth::LoginRules const& rules,
                                                                auth::SystemAccounts& accounts)
{
    if (settings.class_name == "PAMAuthenticator")
        return std::make_unique<auth::PamAuthenticator>(accounts, pam_options(settings));
    if (settings.class_name == "DummyAuthenticator")
        return std::make_unique<auth::DummyAuthenticator>(settings.dummy_password);
    if (settings.class_name == "NullAuthenticator")
        return std::make_unique<auth::NullAuthenticator>();
    if (settings.class_name == "SharedPasswordAuthenticator") {
        auth::SharedPasswordOptions options;
        options.user_password = if_set(settings.user_password);
        options.admin_password = if_set(settings.admin_password);
        options.password_groups = settings.password_groups;
        options.admin_users = rules.admin_users;
        options.manage_groups = settings.manage_groups;
        return auth::SharedPasswordAuthenticator::create(std::move(options));
    }
    return fail(Errc::invalid_argument,
                "c.JupyterHub.authenticator_class: " + settings.class_name + " is not one that this hub has.");
}

SpawnerFactory make_spawner_factory(privileged::Helper& helper, std::string log_dir, std::string pam_service)
{
    return [&helper, log_dir = std::move(log_dir), pam_service = std::move(pam_service)](
               LiveServer const& server, config::SpawnerSettings const& settings, spawn::OnProcess on_process) {
        spawn::LocalOptions options;
        options.ip = settings.ip;
        options.port = settings.port;
        options.interrupt_timeout = settings.interrupt_timeout;
        options.term_timeout = settings.term_timeout;
        options.kill_timeout = settings.kill_timeout;
        options.shell_cmd = settings.shell_cmd;
        options.home_dir_template = settings.home_dir_template;
        options.log_dir = log_dir;
        options.pam_service = pam_service;
        return spawn::make_local_spawner(settings.class_name, helper,
                                         {server.user_name, server.server_name, server.user_id}, std::move(options),
                                         std::move(on_process));
    };
}

} // namespace jhub::hub

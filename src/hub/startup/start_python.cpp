#include "hub/startup/start_python.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/sealed_file.hpp"
#include "base/url.hpp"
#include "config/file_trust.hpp"
#include "hub/core/managed_roles.hpp"
#include "hub/core/urls.hpp"
#include "hub/startup/make_helper_policy.hpp"

namespace jhub::hub {
namespace {

constexpr std::chrono::seconds patience{60};

// chosen: there was a choice, which root alone has.
Json describe_account(privileged::HubAccount const& account)
{
    return {{"name", name_of(account)},
            {"uid", account.uid},
            {"gid", account.gid},
            {"groups", account.groups},
            {"chosen", ::geteuid() == 0}};
}

// What makes programs load others, as root has it.
Json loaders_of(config::Environment const& environment)
{
    constexpr std::array others{"BASH_ENV", "ENV", "GCONV_PATH", "IFS", "PATH"};
    Json found = Json::object();
    for (auto const& [name, value] : environment)
        if (name.starts_with("LD_") || name.starts_with("PYTHON") || std::ranges::find(others, name) != others.end())
            found[name] = value;
    return found;
}

// By which people and variables a hub that may be taken over is believed (host/names.py, host/calls.py): those of the
// helper.
Result<Json> describe_admission(ServeInput const& input, privileged::HubAccount const& hub)
{
    TRY(auto const policy, make_helper_policy(input.settings, input.environment));
    auto const& rules = policy.admission;
    return Json{{"first_uid", rules.first_uid.value_or(privileged::read_machine_lists().first_uid)},
                {"never", {hub.uid, privileged::proxy_uid()}},
                {"shells", rules.shells},
                {"local_servers", input.settings.spawner.class_name == "LocalProcessSpawner"},
                {"loaders", loaders_of(input.environment)}};
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

std::vector<std::string> texts_of(Json const& list)
{
    std::vector<std::string> texts;
    for (auto const& item : list)
        if (item.is_string())
            texts.push_back(item.get<std::string>());
    return texts;
}

// What the object of a Python class holds is what counts: classes set their own defaults, and change them when they are
// made.
void take_over_traits(config::AuthenticatorSettings& settings, Json const& traits)
{
    using S = config::AuthenticatorSettings;
    auto const present = [&](std::string_view name) {
        auto const found = traits.find(name);
        return found == traits.end() || found->is_null() ? nullptr : &*found;
    };
    for (auto const& [name, flag] :
         {std::pair{"manage_groups", &S::manage_groups}, std::pair{"manage_roles", &S::manage_roles},
          std::pair{"reset_managed_roles_on_startup", &S::reset_managed_roles_on_startup},
          std::pair{"enable_auth_state", &S::enable_auth_state}, std::pair{"auto_login", &S::auto_login},
          std::pair{"auto_login_oauth2_authorize", &S::auto_login_oauth2_authorize},
          std::pair{"refresh_pre_spawn", &S::refresh_pre_spawn}, std::pair{"refresh_pre_stop", &S::refresh_pre_stop},
          std::pair{"delete_invalid_users", &S::delete_invalid_users}, std::pair{"request_otp", &S::request_otp},
          std::pair{"create_system_users", &S::create_system_users}, std::pair{"check_account", &S::pam_check_account},
          std::pair{"open_sessions", &S::pam_open_sessions},
          std::pair{"pam_normalize_username", &S::pam_normalize_username}})
        if (auto const* value = present(name); value && value->is_boolean())
            settings.*flag = value->get<bool>();
    for (auto const& [name, text] :
         {std::pair{"otp_prompt", &S::otp_prompt}, std::pair{"login_service", &S::login_service},
          std::pair{"username_pattern", &S::username_pattern}, std::pair{"service", &S::pam_service}})
        if (auto const* value = present(name); value && value->is_string())
            settings.*text = value->get<std::string>();
    // An empty one may be one that was given under a former name.
    for (auto const& [name, list] :
         {std::pair{"allowed_users", &S::allowed_users}, std::pair{"blocked_users", &S::blocked_users},
          std::pair{"admin_users", &S::admin_users}, std::pair{"allowed_groups", &S::allowed_groups},
          std::pair{"admin_groups", &S::pam_admin_groups}, std::pair{"add_user_cmd", &S::add_user_cmd}})
        if (auto const* value = present(name); value && value->is_array() && !value->empty())
            settings.*list = texts_of(*value);
    if (auto const* age = present("auth_refresh_age"); age && age->is_number())
        settings.auth_refresh_age = std::chrono::seconds(static_cast<std::int64_t>(age->get<double>()));
    if (auto const* uids = present("uids"); uids && uids->is_object())
        for (auto const& [name, uid] : uids->items())
            if (uid.is_number_integer())
                settings.uids[name] = uid.get<std::int64_t>();
    if (auto const* map = present("username_map"); map && map->is_object())
        for (auto const& [from, to] : map->items())
            if (to.is_string())
                settings.username_map[from] = to.get<std::string>();
}

Result<> take_over(config::Settings& settings, Json const& told)
{
    auto& authenticator = settings.authenticator;
    take_over_traits(authenticator, told.value("traits", Json::object()));
    for (auto const& role : told.value("managed_roles", Json::array())) {
        auto spec = role_definition(role);
        if (!spec)
            return fail(Errc::invalid_argument, "The authenticator's load_managed_roles: " + spec.error().message);
        authenticator.managed_roles.push_back(*std::move(spec));
    }
    return {};
}

} // namespace

Result<> settle_python(ServeInput& input, privileged::HubAccount const& account,
                       std::optional<privileged::HubAccount> const& hub)
{
    auto& settings = input.settings;
    if (settings.python.empty() || !input.interpreter)
        return {};
    Json greeting{{"account", describe_account(account)},
                  {"log_level", settings.hub.log_level},
                  {"hub", describe_hub(settings.hub.addresses)},
                  {"spawner", describe_class(settings, "spawner", settings.python.spawner)},
                  {"authenticator", describe_class(settings, "authenticator", settings.python.authenticator)}};
    bool const more_than_the_hub = hub && hub->uid != account.uid;
    if (more_than_the_hub) {
        TRY(greeting["admission"], describe_admission(input, *hub));
    }
    auto introduced = python::introduce(*input.interpreter, greeting, patience);
    if (!introduced)
        return fail(introduced.error().code,
                    fmt::format("The configuration cannot be used: {}", introduced.error().message));
    CHECK(check_spawner_class(settings, *introduced));
    CHECK(take_over(settings, introduced->value("authenticator", Json::object())));
    for (auto const& step : (*introduced)["authenticator"].value("own_steps", Json::array()))
        input.allow.names_as_given = input.allow.names_as_given || step == "normalize_username";
    input.python = {std::move(greeting), *std::move(introduced), more_than_the_hub};
    return {};
}

Result<std::shared_ptr<privileged::PythonProgram>> python_program(ServeInput const& input)
{
    std::shared_ptr<privileged::PythonProgram> program;
    if (!input.python.more_than_the_hub)
        return program;
    program = std::make_shared<privileged::PythonProgram>();
    TRY(auto command, python::interpreter_command(input.environment));
    TRY(program->request,
        sealed_file("jupyterhub-python", python::settled_request(input.config_file, input.python.greeting)));
    program->command = std::move(command.words);
    program->environment = std::move(command.variables);
    program->running = input.interpreter->pid();
    if (input.config_trust == Trust::if_only_root_can_change_it)
        program->objection = [file = input.config_file, environment = input.environment] {
            auto const interpreter = python::interpreter_command(environment);
            return interpreter ? config::who_can_change(file, environment) : interpreter.error().message;
        };
    return program;
}

StartedPython start_python(asio::any_io_executor executor, ServeInput& input, privileged::Supervisor* supervisor)
{
    StartedPython started;
    if (!input.interpreter || input.python.greeting.is_null())
        return started;
    python::LiveOptions options;
    options.file = input.config_file;
    options.environment = input.environment;
    options.trust = input.config_trust;
    options.greeting = std::move(input.python.greeting);
    if (supervisor != nullptr && input.python.more_than_the_hub)
        options.keeper = python::Keeper{.start = [supervisor](int socket) { return supervisor->start_python(socket); },
                                        .end = [supervisor] { supervisor->end_python(); }};
    started.abilities = std::move(input.python.abilities);
    started.host =
        std::make_unique<python::LiveHost>(std::move(executor), std::move(options), std::move(*input.interpreter));
    input.interpreter.reset();
    return started;
}

} // namespace jhub::hub

#include "hub/startup/opened.hpp"

#include "auth/cookie_secret.hpp"
#include "base/log.hpp"
#include "hub/core/line_file.hpp"
#include "hub/startup/prepare_database.hpp"
#include "hub/startup/unsupported.hpp"
#include "store/schema.hpp"
#include "store/upgrade.hpp"
#include "store/users.hpp"

namespace jhub::hub {
namespace {

std::optional<std::string> variable(config::Environment const& environment, std::string_view name)
{
    auto const found = environment.find(name);
    return found == environment.end() ? std::nullopt : std::optional(found->second);
}

Result<std::string> open_cookie_secret(ServeInput const& input)
{
    auth::CookieSecretSources sources;
    if (!input.settings.hub.cookie_secret.empty())
        sources.configured_bytes = input.settings.hub.cookie_secret;
    sources.file = input.settings.hub.cookie_secret_file;
    sources.home = variable(input.environment, "HOME").value_or("");
    TRY(auto const secret, auth::load_or_create_cookie_secret(sources));
    for (auto const& warning : secret.warnings)
        log::warning("{}", warning);
    if (secret.generated)
        log::info("Writing cookie_secret to {}", sources.file);
    return secret.bytes;
}

Json custom_scope_json(std::vector<config::CustomScope> const& scopes)
{
    Json definitions = Json::object();
    for (auto const& scope : scopes)
        definitions[scope.name] = {{"description", scope.description}, {"subscopes", scope.subscopes}};
    return definitions;
}

// Everybody the database knows stays allowed, when the rules say so.
Result<> admit_known_users(store::Store& store, auth::LoginRules& rules, std::optional<bool> authenticator_default)
{
    if (!rules.allow_existing_users.value_or(false) || auth::allows_everyone(rules, authenticator_default))
        return {}; // reading all names is the longest part of a start with many users
    TRY(auto const names, store.read_now([](store::Transaction& transaction) { return user_names(transaction); }));
    for (auto const& name : names)
        auth::admit_existing_user(rules, name, authenticator_default);
    return {};
}

// What the authenticator keeps is not the configuration's to say.
Result<> check_who_manages(config::Settings const& settings)
{
    auto const& authenticator = settings.authenticator;
    bool const names_members = std::ranges::any_of(
        settings.hub.load_roles, [](config::RoleSpec const& role) { return role.users || role.groups; });
    if (authenticator.manage_roles && names_members)
        return fail(Errc::invalid_argument,
                    "c.Authenticator.manage_roles: then c.JupyterHub.load_roles may not give roles "
                    "to users or groups.");
    if (authenticator.manage_groups && !settings.hub.load_groups.empty())
        return fail(Errc::invalid_argument,
                    "c.Authenticator.manage_groups: then c.JupyterHub.load_groups cannot be set.");
    return {};
}

// A log that was asked for and cannot be written is found out now, not with the first entry.
Result<> check_files(config::HubSettings const& settings)
{
    if (!settings.audit_log_file.empty())
        if (auto const writable = LineFile::check(settings.audit_log_file); !writable)
            return fail(Errc::failed, "c.JupyterHub.audit_log_file: " + writable.error().message);
    for (auto const& target : settings.event_targets)
        if (!target.file.empty())
            if (auto const writable = LineFile::check(target.file); !writable)
                return fail(Errc::failed, "c.EventLogger.handlers: " + writable.error().message);
    return {};
}

} // namespace

Result<> upgrade_database(config::HubSettings const& settings)
{
    TRY(auto const upgraded, store::upgrade_database(settings.db_url, system_clock().now()));
    if (upgraded)
        log::info("The database was upgraded from revision {} to {}. It was copied to {} before.", upgraded->from,
                  store::schema_revision, upgraded->backup);
    return {};
}

Result<Opened> open_everything(asio::any_io_executor executor, ServeInput const& input)
{
    CHECK(refuse_unsupported(input.settings));
    auto const& settings = input.settings.hub;
    CHECK(check_files(settings));
    CHECK(check_who_manages(input.settings));
    Opened opened;
    TRY(opened.cookie_secret, open_cookie_secret(input));
    TRY(opened.anonymous_id,
        auth::AnonymousId::from_environment(variable(input.environment, "JUPYTERHUB_XSRF_ANONYMOUS_ID_HEADERS"),
                                            variable(input.environment, "JUPYTERHUB_XSRF_ANONYMOUS_IP_CIDRS")));
    TRY(opened.rules, make_login_rules(input.settings.authenticator, input.allow));
    TRY(auto warnings, auth::prepare(opened.rules));
    TRY(auto const scope_warnings, opened.scopes.define_custom(custom_scope_json(settings.custom_scopes)));
    warnings.insert(warnings.end(), scope_warnings.begin(), scope_warnings.end());

    if (settings.upgrade_db)
        CHECK(upgrade_database(settings));
    store::StoreOptions options;
    options.db_url = settings.db_url;
    options.reset = settings.reset_db;
    TRY(opened.store, store::Store::open(std::move(executor), std::move(options)));
    DatabaseSetup const setup{settings, input.settings.authenticator, opened.rules, opened.scopes,
                              system_clock().now()};
    auto const prepare = [&](store::Transaction& transaction) -> Result<bool> {
        CHECK(prepare_database(transaction, setup, warnings));
        return true;
    };
    CHECK(opened.store->write_now(prepare));
    for (auto const& warning : warnings)
        log::warning("{}", warning);
    CHECK(admit_known_users(*opened.store, opened.rules, std::nullopt));
    return opened;
}

} // namespace jhub::hub

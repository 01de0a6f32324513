// AuthenticatorSettings (reference config.md §4).
#include <algorithm>

#include <fmt/format.h>

#include "base/strings.hpp"
#include "config/settings_parts.hpp"
#include "config/settings_read.hpp"
#include "config/value.hpp"

namespace jhub::config {
namespace {

constexpr std::string_view base = "Authenticator";

// set("alice") is five users with names of one letter.
void warn_of_single_letters(std::string_view option, std::vector<std::string> const& names, Warnings& warnings)
{
    auto const single = std::ranges::count_if(names, [](auto const& name) { return name.size() == 1; });
    if (single > 0)
        warnings.push_back(fmt::format(
            "Authenticator.{} has {} name(s) of one character. Was {{'name'}} meant, rather than set('name')?", option,
            single));
}

void read_allowed(Config const& config, AuthenticatorSettings& result, Warnings& warnings)
{
    result.allowed_users = config.list(base, "allowed_users");
    result.blocked_users = config.list(base, "blocked_users");
    result.admin_users = config.list(base, "admin_users");
    warn_of_single_letters("allowed_users", result.allowed_users, warnings);
    warn_of_single_letters("admin_users", result.admin_users, warnings);
    warn_of_single_letters("blocked_users", result.blocked_users, warnings);
    bool const lists_users = !result.allowed_users.empty();
    bool const is_dummy = result.class_name == "DummyAuthenticator";
    result.allow_all = config.is_set(base, "allow_all") ? config.flag(base, "allow_all") : is_dummy && !lists_users;
    result.allow_existing_users =
        config.is_set(base, "allow_existing_users") ? config.flag(base, "allow_existing_users") : lists_users;
    result.allowed_groups = config.list("LocalAuthenticator", "allowed_groups");
    result.any_allow_config = config.flag(base, "any_allow_config") || result.allow_all ||
                              result.allow_existing_users || lists_users || !result.allowed_groups.empty();
    if (lists_users) // administrators are allowed, too
        for (auto const& name : result.admin_users)
            if (std::ranges::find(result.allowed_users, name) == result.allowed_users.end())
                result.allowed_users.push_back(name);
}

void read_login(Config const& config, AuthenticatorSettings& result)
{
    result.username_pattern = config.text(base, "username_pattern");
    result.delete_invalid_users = config.flag(base, "delete_invalid_users");
    result.enable_auth_state = config.flag(base, "enable_auth_state");
    result.auth_refresh_age = seconds(config, base, "auth_refresh_age");
    result.refresh_pre_spawn = config.flag(base, "refresh_pre_spawn");
    result.refresh_pre_stop = config.flag(base, "refresh_pre_stop");
    result.auto_login = config.flag(base, "auto_login") || result.class_name == "NullAuthenticator";
    result.auto_login_oauth2_authorize = config.flag(base, "auto_login_oauth2_authorize");
    result.manage_groups = config.flag(base, "manage_groups");
    result.manage_roles = config.flag(base, "manage_roles");
    result.reset_managed_roles_on_startup = config.flag(base, "reset_managed_roles_on_startup");
    result.request_otp = config.flag(base, "request_otp");
    auto const& prompt = config.value(base, "otp_prompt");
    result.otp_prompt = prompt.is_string() ? prompt.get<std::string>() : python_repr(prompt);
}

Result<> read_local(Config const& config, AuthenticatorSettings& result)
{
    result.create_system_users = config.flag("LocalAuthenticator", "create_system_users");
    result.add_user_cmd = config.list("LocalAuthenticator", "add_user_cmd");
    for (auto const& [name, uid] : config.value("LocalAuthenticator", "uids").items()) {
        if (!uid.is_number_integer())
            return refuse(config, "LocalAuthenticator", "uids",
                          fmt::format("the id of {} must be an integer", printable(name)));
        result.uids[name] = uid.get<std::int64_t>();
    }
    result.pam_service = config.text("PAMAuthenticator", "service");
    result.pam_encoding = config.text("PAMAuthenticator", "encoding");
    result.pam_check_account = config.flag("PAMAuthenticator", "check_account");
    result.pam_open_sessions =
        result.class_name == "PAMAuthenticator" && config.flag("PAMAuthenticator", "open_sessions");
    result.pam_normalize_username = config.flag("PAMAuthenticator", "pam_normalize_username");
    result.pam_admin_groups = config.list("PAMAuthenticator", "admin_groups");
    return {};
}

Result<> read_shared_passwords(Config const& config, AuthenticatorSettings& result)
{
    constexpr std::string_view shared = "SharedPasswordAuthenticator";
    constexpr std::size_t shortest = 8, shortest_admin = 32;
    result.user_password = config.text(shared, "user_password");
    result.admin_password = config.text(shared, "admin_password");
    if (!result.user_password.empty() && result.user_password.size() < shortest)
        return refuse(config, shared, "user_password", fmt::format("at least {} characters are needed", shortest));
    if (!result.admin_password.empty() && result.admin_password.size() < shortest_admin)
        return refuse(config, shared, "admin_password",
                      fmt::format("at least {} characters are needed", shortest_admin));
    if (!result.admin_password.empty() && result.admin_password == result.user_password)
        return refuse(config, shared, "admin_password", "must differ from user_password");
    for (auto const& [password, groups] : config.value(shared, "password_groups").items()) {
        auto const names = texts_of(groups);
        if (!names)
            return refuse(config, shared, "password_groups", "each password must have a list of groups");
        result.password_groups[password] = *names;
    }
    if (!result.password_groups.empty() && !result.manage_groups)
        return refuse(config, shared, "password_groups", "needs Authenticator.manage_groups = True");
    return {};
}

} // namespace

Result<AuthenticatorSettings> read_authenticator(Config const& config, Warnings& warnings)
{
    AuthenticatorSettings result;
    result.class_name = config.active_class("authenticator");
    read_allowed(config, result, warnings);
    read_login(config, result);
    TRY(result.username_map, text_map(config, base, "username_map"));
    CHECK(read_local(config, result));
    result.dummy_password = config.text("DummyAuthenticator", "password");
    CHECK(read_shared_passwords(config, result));
    return result;
}

} // namespace jhub::config

// Options of the authenticators (reference config.md §4).
#include "config/tables.hpp"

namespace jhub::config {
namespace {

using enum Type;

constexpr std::array options{
    Option{"Authenticator", "allow_all", boolean, "False",
           "Everybody who can log in may use the hub. DummyAuthenticator: on, unless allowed_users is set."},
    Option{"Authenticator", "allowed_users", text_set, "set()", "Users who may use the hub."},
    Option{"Authenticator", "allow_existing_users", boolean, "False",
           "Users of the database may go on to use the hub. On by default when allowed_users is set."},
    Option{"Authenticator", "any_allow_config", boolean, "False",
           "Some option allows users; keeps the warning that nobody can log in quiet."},
    Option{"Authenticator", "blocked_users", text_set, "set()",
           "Users who may not use the hub, whatever else allows them."},
    Option{"Authenticator", "admin_users", text_set, "set()",
           "Users who are administrators. Taking a name away does not take the right away."},
    Option{"Authenticator", "username_pattern", text, "''", "Regular expression that names must match from the start."},
    Option{"Authenticator", "username_map", dictionary, "{}", "Names to use in place of those that users log in with."},
    Option{"Authenticator", "delete_invalid_users", boolean, "False", "Delete users at start whose accounts are gone."},
    Option{"Authenticator", "enable_auth_state", boolean, "False",
           "Keep the state of the login, encrypted; needs CryptKeeper.keys."},
    Option{"Authenticator", "auth_refresh_age", integer, "300",
           "Seconds after which a login is looked at again; 0 for never."},
    Option{"Authenticator", "refresh_pre_spawn", boolean, "False",
           "Look at the login again before each start of a server."},
    Option{"Authenticator", "refresh_pre_stop", boolean, "False",
           "Look at the login again before each stop of a server."},
    Option{"Authenticator", "post_auth_hook", hook, "None", "Python function that may change who has logged in."},
    Option{"Authenticator", "auto_login", boolean, "False", "Begin the login at once, without a page with a button."},
    Option{"Authenticator", "auto_login_oauth2_authorize", boolean, "False",
           "The same, only when a server or service sends the user."},
    Option{"Authenticator", "manage_groups", boolean, "False", "The login tells the user's groups."},
    Option{"Authenticator", "manage_roles", boolean, "False", "The login tells the user's roles."},
    Option{"Authenticator", "reset_managed_roles_on_startup", boolean, "False",
           "Forget at start the roles that logins gave."},
    Option{"Authenticator", "request_otp", boolean, "False", "Ask for a one-time password beside the password."},
    Option{"Authenticator", "otp_prompt", any, "'OTP:'", "Words before the field of the one-time password."},
    Option{"Authenticator", "whitelist", text_set, "set()", "Old name, its value is copied to the new one.", plain,
           "Authenticator.allowed_users", "1.2"},

    Option{"LocalAuthenticator", "create_system_users", boolean, "False",
           "Make accounts of the machine for users who have none."},
    Option{"LocalAuthenticator", "add_user_cmd", command, "[]",
           "Program that makes an account; USERNAME is filled in and the name comes last. Empty for adduser."},
    Option{"LocalAuthenticator", "uids", dictionary, "{}", "User ids for accounts that are made."},
    Option{"LocalAuthenticator", "allowed_groups", text_set, "set()",
           "Groups of the machine whose members may use the hub."},
    Option{"LocalAuthenticator", "group_whitelist", text_set, "set()", "Has no effect any more; use allowed_groups.",
           no_effect},

    Option{"PAMAuthenticator", "service", text, "'login'", "Name of the PAM service, a file in /etc/pam.d."},
    Option{"PAMAuthenticator", "encoding", text, "'utf8'", "Encoding of names and passwords for PAM."},
    Option{"PAMAuthenticator", "check_account", boolean, "True",
           "Ask PAM whether the account is valid after the password."},
    Option{"PAMAuthenticator", "open_sessions", boolean, "False",
           "Open a PAM session while a server runs; the first failure turns it off for good."},
    Option{"PAMAuthenticator", "admin_groups", text_set, "set()",
           "Groups of the machine whose members, and no others, are administrators."},
    Option{"PAMAuthenticator", "pam_normalize_username", boolean, "False",
           "Take the name that PAM has for the account, rather than lower-casing it."},
    Option{"PAMAuthenticator", "executor_threads", integer, "4",
           "Has no effect: each login is checked in a process of its own.", no_effect, "", "", 1},

    Option{"DummyAuthenticator", "password", text, "''",
           "The one password that is accepted; empty for any. For tests only.", secret, "", "5.3"},

    Option{"SharedPasswordAuthenticator", "user_password", text, "None",
           "Password of all users, at least 8 characters.", secret | nullable},
    Option{"SharedPasswordAuthenticator", "admin_password", text, "None",
           "Password of all administrators, at least 32 characters.", secret | nullable},
    Option{"SharedPasswordAuthenticator", "password_groups", dictionary, "{}",
           "More passwords, and the groups that each gives: {password: [group]}.", secret},
};

} // namespace

std::span<Option const> authenticator_options() { return options; }

} // namespace jhub::config

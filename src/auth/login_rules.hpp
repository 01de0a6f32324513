// Who may log in and who is an administrator, as configured (reference auth-flow.md §9, config.md §4). Plain data and
// pure questions; owned by the hub's logic thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "auth/username.hpp"

namespace jhub::auth {

using NameSet = std::set<std::string, std::less<>>;

// What holds when the configuration says nothing at all about who may log in.
enum class WhenUnconfigured : std::uint8_t {
    nobody,   // as JupyterHub 5: a warning at start-up, and every login is refused
    everyone, // as the introduction promises: everybody whom the authenticator knows
};

struct LoginRules {
    std::optional<bool> allow_all; // not set: default of the authenticator, then when_unconfigured
    WhenUnconfigured when_unconfigured = WhenUnconfigured::nobody;
    NameSet allowed_users;
    NameSet admin_users;
    NameSet blocked_users;
    std::optional<bool> allow_existing_users; // not set: whether allowed_users was non-empty at start-up
    std::map<std::string, std::string, std::less<>> username_map; // keys in lower case, values taken verbatim
    UsernamePattern username_pattern;
    NameSet allowed_groups;        // local authenticators: system groups
    NameSet admin_groups;          // PAM: system groups; authoritative for who is not in admin_users
    bool keep_case = false;        // c.PAMAuthenticator.pam_normalize_username: the system spells the names
    bool other_allow_rule = false; // a rule of the authenticator's own, such as c.X.allowed_organizations
};

// At start-up: normalises and checks admin_users and allowed_users, adds administrators to a non-empty allowed list,
// settles allow_existing_users. Returns warnings (such as single letters from a text written instead of a list).
// Errc::invalid_argument for a name that can never log in.
[[nodiscard]] Result<std::vector<std::string>> prepare(LoginRules& rules);

// Some rule lets somebody in: any_allow_config of the reference.
[[nodiscard]] bool has_allow_rule(LoginRules const& rules);
// authenticator_default: what the authenticator says when the configuration does not (Dummy).
[[nodiscard]] bool allows_everyone(LoginRules const& rules, std::optional<bool> authenticator_default);
// The warning for start-up when nobody can log in, with what to write into the configuration; else nothing.
[[nodiscard]] std::optional<std::string> nobody_can_log_in(LoginRules const& rules,
                                                           std::optional<bool> authenticator_default);

// A user known to the database joins the allowed list, when existing users are allowed.
void admit_existing_user(LoginRules& rules, std::string_view name, std::optional<bool> authenticator_default);

// Lower case (unless keep_case) and username_map.
[[nodiscard]] std::string normalize_username(LoginRules const& rules, std::string_view name);
[[nodiscard]] std::string map_username(LoginRules const& rules, std::string name);

} // namespace jhub::auth

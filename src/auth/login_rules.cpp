#include "auth/login_rules.hpp"

#include <algorithm>

#include "base/strings.hpp"

namespace jhub::auth {
namespace {

// A list of one letter each comes from a text where a set was meant: set("ada") in Python.
void warn_about_single_letters(std::string_view option, NameSet const& names, std::vector<std::string>& warnings)
{
    std::vector<std::string> letters;
    std::ranges::copy_if(names, std::back_inserter(letters), [](std::string const& name) { return name.size() == 1; });
    if (!letters.empty())
        warnings.push_back(std::string(option) + " contains names of one character (" + printable(join(letters, ", ")) +
                           "). Was set(\"name\") written where {\"name\"} is meant?");
}

Result<> normalize_all(LoginRules const& rules, std::string_view option, NameSet& names)
{
    NameSet normalized;
    for (std::string const& name : names) {
        std::string kept = normalize_username(rules, name);
        if (auto const valid = check_username(kept, rules.username_pattern); !valid)
            return fail(Errc::invalid_argument, std::string(option) + ": " + valid.error().message);
        normalized.insert(std::move(kept));
    }
    names = std::move(normalized);
    return {};
}

} // namespace

Result<std::vector<std::string>> prepare(LoginRules& rules)
{
    std::vector<std::string> warnings;
    warn_about_single_letters("c.Authenticator.allowed_users", rules.allowed_users, warnings);
    warn_about_single_letters("c.Authenticator.admin_users", rules.admin_users, warnings);
    warn_about_single_letters("c.Authenticator.blocked_users", rules.blocked_users, warnings);
    CHECK(normalize_all(rules, "c.Authenticator.allowed_users", rules.allowed_users));
    CHECK(normalize_all(rules, "c.Authenticator.admin_users", rules.admin_users));

    // Upstream compares blocked names as written, so that a capital letter would let somebody in. Both forms are kept.
    for (std::string const& name : NameSet(rules.blocked_users))
        rules.blocked_users.insert(normalize_username(rules, name));

    if (!rules.allow_existing_users)
        rules.allow_existing_users = !rules.allowed_users.empty();
    if (!rules.allowed_users.empty())
        rules.allowed_users.insert(rules.admin_users.begin(), rules.admin_users.end());
    return warnings;
}

bool has_allow_rule(LoginRules const& rules)
{
    return rules.allow_all.value_or(false) || !rules.allowed_users.empty() ||
           rules.allow_existing_users.value_or(false) || !rules.allowed_groups.empty() || rules.other_allow_rule;
}

bool allows_everyone(LoginRules const& rules, std::optional<bool> authenticator_default)
{
    if (rules.allow_all)
        return *rules.allow_all;
    if (authenticator_default)
        return *authenticator_default;
    return rules.when_unconfigured == WhenUnconfigured::everyone && !has_allow_rule(rules);
}

std::optional<std::string> nobody_can_log_in(LoginRules const& rules, std::optional<bool> authenticator_default)
{
    if (allows_everyone(rules, authenticator_default) || has_allow_rule(rules))
        return std::nullopt;
    return "Nobody can log in: the configuration does not say who may. Add names to c.Authenticator.allowed_users, or "
           "set c.Authenticator.allow_all = True to let in everybody who has a password.";
}

void admit_existing_user(LoginRules& rules, std::string_view name, std::optional<bool> authenticator_default)
{
    if (rules.allow_existing_users.value_or(false) && !allows_everyone(rules, authenticator_default))
        rules.allowed_users.emplace(name);
}

std::string normalize_username(LoginRules const& rules, std::string_view name)
{
    return map_username(rules, rules.keep_case ? std::string(name) : lower_case_name(name));
}

std::string map_username(LoginRules const& rules, std::string name)
{
    auto const found = rules.username_map.find(name);
    return found == rules.username_map.end() ? name : found->second;
}

} // namespace jhub::auth

#include "auth/pipeline.hpp"

#include "base/strings.hpp"

namespace jhub::auth {
namespace {

using Verdict = LoginOutcome::Verdict;

LoginOutcome refuse(std::string log_message)
{
    LoginOutcome outcome;
    outcome.verdict = Verdict::refused;
    outcome.page_message = invalid_login_message;
    outcome.log_message = std::move(log_message);
    outcome.counts_as_failed = true;
    return outcome;
}

LoginOutcome cannot_tell(Verdict verdict, std::string log_message)
{
    LoginOutcome outcome;
    outcome.verdict = verdict;
    outcome.page_message = unavailable_message;
    outcome.log_message = std::move(log_message);
    return outcome;
}

LoginOutcome unanswered(std::string const& name, std::string_view question, Error const& error)
{
    std::string text = printable(name, 64) + " authenticated, but " + std::string(question) +
                       " could not be found out: " + printable(error.message);
    if (!error.detail.empty())
        text.append(" (").append(printable(error.detail)).append(")");
    return cannot_tell(Verdict::failed, std::move(text));
}

LoginOutcome not_allowed(std::string const& name, bool has_own_groups)
{
    std::string text = name + " authenticated, but is not allowed: add " + name +
                       " to c.Authenticator.allowed_users or set c.Authenticator.allow_all = True";
    if (has_own_groups)
        text += ", or allow a group " + name + " is in with c.LocalAuthenticator.allowed_groups";
    return refuse(std::move(text));
}

Async<bool> is_allowed(Authenticator& authenticator, LoginRules const& rules, std::string name)
{
    if (allows_everyone(rules, authenticator.default_allow_all(rules)) || rules.allowed_users.contains(name))
        co_return true;
    if (rules.allowed_groups.empty())
        co_return false;
    co_return co_await authenticator.in_any_group(std::move(name), rules.allowed_groups);
}

// Nothing: not decided here, the database keeps what it has.
Async<std::optional<bool>> is_admin(Authenticator& authenticator, LoginRules const& rules, std::string name)
{
    if (rules.admin_users.contains(name))
        co_return std::optional(true);
    if (rules.admin_groups.empty())
        co_return std::optional<bool>();
    CO_TRY(bool const in_group, co_await authenticator.in_any_group(std::move(name), rules.admin_groups));
    co_return std::optional(in_group);
}

} // namespace

LoginOutcome turned_away(Refusal const& refusal, std::string const& name, std::string const& address)
{
    std::string const whose = name.empty() ? "login" : "login of " + printable(name, 64);
    std::string const attempt = whose + (address.empty() ? "" : " from " + address);
    std::string const reason = refusal.log_reason.empty() ? "no reason given" : printable(refusal.log_reason);
    bool const broken = refusal.kind == Refusal::Kind::broken;
    LoginOutcome outcome = refusal.kind == Refusal::Kind::denied
                               ? refuse("Refused the " + attempt + ": " + reason)
                               : cannot_tell(broken ? Verdict::failed : Verdict::unavailable,
                                             "Could not check the " + attempt + ": " + reason);
    if (broken)
        outcome.page_message = broken_message;
    outcome.counts_as_failed = refusal.kind != Refusal::Kind::unavailable;
    outcome.status = refusal.status;
    if (!refusal.page_message.empty())
        outcome.page_message = refusal.page_message;
    return outcome;
}

Task<LoginOutcome> admit(Authenticator& authenticator, LoginRules const& rules, AuthModel model)
{
    std::string name = model.name;
    if (!model.final_name) {
        Result<std::string> const normalized = co_await authenticator.normalize(model.name);
        if (!normalized)
            co_return unanswered(model.name, "how the system spells the name", normalized.error());
        name = map_username(rules, *normalized);
    }

    if (auto const valid = check_username(name, rules.username_pattern); !valid)
        co_return refuse(printable(model.name, 64) + " authenticated, but " + valid.error().message +
                         "; change c.Authenticator.username_pattern or c.Authenticator.username_map");
    std::string const shown = printable(name, 64);
    if (rules.blocked_users.contains(name))
        co_return refuse(shown + " authenticated, but is blocked: remove " + shown +
                         " from c.Authenticator.blocked_users to let them in");

    Result<bool> allowed = model.allowed.value_or(false);
    if (!model.allowed)
        allowed = co_await is_allowed(authenticator, rules, name);
    if (!allowed)
        co_return unanswered(name, "whether they are in c.LocalAuthenticator.allowed_groups", allowed.error());
    if (!*allowed)
        co_return not_allowed(shown, authenticator.has_own_groups());

    model.name = name;
    if (!model.admin) {
        Result<std::optional<bool>> const admin = co_await is_admin(authenticator, rules, name);
        if (!admin)
            co_return unanswered(name, "whether they are in c.PAMAuthenticator.admin_groups", admin.error());
        model.admin = *admin;
    }
    LoginOutcome outcome;
    outcome.verdict = Verdict::welcome;
    outcome.log_message = shown + " logged in";
    outcome.model = std::move(model);
    co_return outcome;
}

Task<LoginOutcome> login(Authenticator& authenticator, LoginRules const& rules, Credentials credentials)
{
    std::string const name = credentials.username;
    std::string const address = credentials.remote_address;
    authenticator.hear_rules(rules);
    Authentication who = co_await authenticator.authenticate(std::move(credentials));
    if (!who)
        co_return turned_away(who.error(), name, address);
    co_return co_await admit(authenticator, rules, *std::move(who));
}

} // namespace jhub::auth

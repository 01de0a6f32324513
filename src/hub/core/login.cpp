#include "hub/core/login.hpp"

#include <set>

#include <fmt/format.h>

#include "auth/pipeline.hpp"
#include "auth/python_authenticator.hpp"
#include "auth/username.hpp"
#include "base/log.hpp"
#include "base/strings.hpp"
#include "hub/core/accounts.hpp"
#include "hub/core/auth_state.hpp"
#include "hub/core/hub.hpp"
#include "hub/core/managed_roles.hpp"
#include "rbac/roles.hpp"
#include "store/groups.hpp"
#include "store/users.hpp"

namespace jhub::hub {
namespace {

using Verdict = auth::LoginOutcome::Verdict;

Errc code_of(Verdict verdict)
{
    switch (verdict) {
    case Verdict::unavailable:
        return Errc::unavailable;
    case Verdict::failed:
        return Errc::failed;
    case Verdict::welcome:
    case Verdict::refused:
        return Errc::forbidden;
    }
    return Errc::forbidden;
}

std::unexpected<LoginProblem> problem(Error error, int status = 0)
{
    return std::unexpected(LoginProblem{std::move(error), status});
}

std::unexpected<LoginProblem> problem(Errc code, std::string message, std::string detail, int status = 0)
{
    return problem(Error{code, std::move(message), std::move(detail)}, status);
}

// Somebody who may come in, and cannot: the page says little, the log why.
std::unexpected<LoginProblem> not_stored(std::string const& name, Error error)
{
    log::error("Login of {} failed: {}{}", printable(name, 64), error.message,
               error.detail.empty() ? "" : fmt::format(" ({})", error.detail));
    return problem(std::move(error));
}

std::set<std::string> configured_roles(config::HubSettings const& settings)
{
    std::set<std::string> names;
    for (auto const& role : rbac::default_roles())
        names.insert(role.name);
    for (auto const& role : settings.load_roles)
        names.insert(role.name);
    return names;
}

struct ApplyLogin {
    auth::AuthModel model;
    LoginState state = LoginState::replace;
    std::optional<std::string> encrypted_auth_state;
    Hub const* hub = nullptr;
    Timestamp now{};
    Result<model::User> operator()(store::Transaction& transaction) const
    {
        auto user = find_or_create_user(transaction, model.name, now);
        if (model.admin && *model.admin != user.admin)
            set_admin(transaction, user, *model.admin);
        else
            assign_default_roles(transaction, user);
        // Also when there is none: what a former login left is not true any more.
        bool const has_state = encrypted_auth_state || user.encrypted_auth_state;
        if (state == LoginState::replace && has_state)
            store::set_user_auth_state(transaction, user.id, encrypted_auth_state);
        if (sets_groups())
            store::set_groups_of_user(transaction, user.id,
                                      std::set<std::string>(model.groups->begin(), model.groups->end()));
        if (sets_roles()) {
            ManagedRoles const managed{hub->scopes, hub->login_rules, configured_roles(hub->settings.hub), now};
            CHECK(set_managed_roles(transaction, managed, user, *model.roles));
        }
        store::touch_users(transaction, {{user.id, now}});
        return user;
    }

    [[nodiscard]] bool sets_groups() const { return hub->settings.authenticator.manage_groups && model.groups; }
    [[nodiscard]] bool sets_roles() const { return hub->settings.authenticator.manage_roles && model.roles; }
};

Result<ApplyLogin> login_to_apply(Hub& hub, auth::AuthModel model, LoginState state)
{
    Json const auth_state = hub.settings.authenticator.enable_auth_state ? model.auth_state : Json();
    TRY(auto encrypted, encrypt_auth_state(hub.crypt_keeper, auth_state, hub.now()));
    return ApplyLogin{std::move(model), state, std::move(encrypted), &hub, hub.now()};
}

void note_login(Hub& hub, model::User const& user)
{
    if (hub.authenticator->refreshes())
        hub.refreshed_logins[user.id] = hub.now();
    log::info("User logged in: {}", user.name);
}

// Who it is in the database, and whether the login has anything to write there but the time.
struct LookUp {
    ApplyLogin const* login;
    struct Found {
        std::optional<model::User> user;
        bool settled = false;
    };
    Found operator()(store::Transaction& transaction) const
    {
        Found found;
        found.user = store::find_user(transaction, login->model.name);
        if (!found.user || login->encrypted_auth_state || found.user->encrypted_auth_state || login->sets_groups() ||
            login->sets_roles())
            return found;
        bool const right_flag = !login->model.admin || *login->model.admin == found.user->admin;
        found.settled = right_flag && has_default_roles(transaction, *found.user);
        return found;
    }
};

// Authenticator.post_auth_hook: may change who it is, or refuse.
Task<> ask_post_auth_hook(Hub& hub, auth::LoginOutcome& outcome, Json handler)
{
    auto& model = *outcome.model;
    Json question{{"at", live_name(hub, "Authenticator", "post_auth_hook")},
                  {"handler", std::move(handler)},
                  {"model", auth::to_json(model)}};
    std::string const name = model.name;
    auto const answer = co_await hub.python.call("authenticator.post_auth", std::move(question), auth::login_patience);
    auto changed = answer && !answer->is_null() ? auth::to_model(*answer) : Result<auth::AuthModel>(model);
    if (answer && !answer->is_null() && changed) {
        model = *std::move(changed);
        co_return;
    }
    auth::Refusal refusal{.log_reason = "c.Authenticator.post_auth_hook did not let them in"};
    if (!answer)
        refusal = auth::refusal_of(answer.error(), "c.Authenticator.post_auth_hook");
    else if (!changed)
        refusal = {auth::Refusal::Kind::unavailable, {}, "c.Authenticator.post_auth_hook: " + changed.error().message};
    outcome = auth::turned_away(refusal, name, "");
}

} // namespace

Async<model::User> apply_login(Hub& hub, auth::AuthModel model, LoginState state)
{
    CO_TRY(ApplyLogin const apply, login_to_apply(hub, std::move(model), state));
    co_return co_await hub.store.write(apply);
}

Task<std::expected<model::User, LoginProblem>> log_in(Hub& hub, auth::Credentials credentials)
{
    bool const has_hook = hub.python.has("Authenticator.post_auth_hook") && !hub.authenticator->runs_post_auth_hook();
    Json const handler = has_hook ? auth::describe_login(credentials) : Json();
    auto const steady = std::chrono::steady_clock::now();
    std::string const address = credentials.remote_address;
    // However the name is written, it is one account.
    std::string const account = auth::lower_case_name(trim(credentials.username));
    // Without a form nothing can be guessed, and everybody behind a gateway has its address.
    bool const limited = credentials.how == auth::Credentials::How::by_form;
    if (auto const wait = limited ? hub.login_limiter.must_wait(address, account, steady) : std::nullopt) {
        log::warning("Login of {} from {} put off: too many failed logins", printable(account, 64), address);
        co_return problem(Errc::too_many,
                          fmt::format("Too many failed logins. Try again in {} seconds.", wait->count()),
                          std::to_string(wait->count()));
    }
    std::optional<auth::LoginLimiter::UnderWay> under_way;
    if (limited)
        under_way.emplace(hub.login_limiter, address, account);
    auth::LoginOutcome outcome = co_await auth::login(*hub.authenticator, hub.login_rules, std::move(credentials));
    if (outcome.welcome() && has_hook)
        co_await ask_post_auth_hook(hub, outcome, handler);
    if (!outcome.welcome()) {
        if (limited && outcome.counts_as_failed)
            hub.login_limiter.failed(address, account, std::chrono::steady_clock::now());
        log::warning("Login of {} from {} refused: {}", printable(account, 64), address, outcome.log_message);
        co_return problem(code_of(outcome.verdict), outcome.page_message, "", outcome.status);
    }
    if (limited)
        hub.login_limiter.succeeded(address, account);
    under_way.reset();
    auto const apply = login_to_apply(hub, *outcome.model, LoginState::replace);
    if (!apply)
        co_return not_stored(account, apply.error());
    LookUp const look_up{&*apply};
    auto const known = co_await hub.store.read(look_up);
    if (!known)
        co_return not_stored(account, known.error());
    if (known->settled) { // nobody waits for the disk because of the time alone
        hub.activity.report_user(known->user->id, hub.now());
        note_login(hub, *known->user);
        co_return *known->user;
    }
    if (!known->user)
        if (auto const added = co_await hub.authenticator->add_user(outcome.model->name); !added)
            co_return not_stored(account,
                                 {Errc::failed, "Your account could not be prepared. Ask an administrator of this hub.",
                                  added.error().message});
    auto user = co_await hub.store.write(*apply);
    if (!user)
        co_return not_stored(account, user.error());
    note_login(hub, *user);
    co_return *std::move(user);
}

} // namespace jhub::hub

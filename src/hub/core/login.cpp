#include "hub/core/login.hpp"

#include <set>

#include <fmt/format.h>

#include "auth/pipeline.hpp"
#include "base/log.hpp"
#include "base/strings.hpp"
#include "hub/core/accounts.hpp"
#include "hub/core/auth_state.hpp"
#include "hub/core/hub.hpp"
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

struct ApplyLogin {
    auth::AuthModel model;
    std::optional<std::string> encrypted_auth_state;
    bool manage_groups = false;
    Timestamp now{};
    Result<model::User> operator()(store::Transaction& transaction) const
    {
        auto user = find_or_create_user(transaction, model.name, now);
        if (model.admin && *model.admin != user.admin)
            set_admin(transaction, user, *model.admin);
        else
            assign_default_roles(transaction, user);
        // Also when there is none: what a former login left is not true any more.
        if (encrypted_auth_state || user.encrypted_auth_state)
            store::set_user_auth_state(transaction, user.id, encrypted_auth_state);
        if (manage_groups && model.groups)
            store::set_groups_of_user(transaction, user.id,
                                      std::set<std::string>(model.groups->begin(), model.groups->end()));
        store::touch_users(transaction, {{user.id, now}});
        return user;
    }
};

} // namespace

Async<model::User> log_in(Hub& hub, auth::Credentials credentials)
{
    auto const steady = std::chrono::steady_clock::now();
    std::string const address = credentials.remote_address;
    std::string const account = to_lower(credentials.username);
    if (auto const wait = hub.login_limiter.must_wait(address, account, steady)) {
        log::warning("Login of {} from {} put off: too many failed logins", printable(account), address);
        co_return fail(Errc::too_many, fmt::format("Too many failed logins. Try again in {} seconds.", wait->count()),
                       std::to_string(wait->count()));
    }
    auth::LoginOutcome const outcome =
        co_await auth::login(*hub.authenticator, hub.login_rules, std::move(credentials));
    if (!outcome.welcome()) {
        if (outcome.counts_as_failed)
            hub.login_limiter.failed(address, account, steady);
        log::warning("Login of {} from {} refused: {}", printable(account), address, outcome.log_message);
        co_return fail(code_of(outcome.verdict), outcome.page_message);
    }
    hub.login_limiter.succeeded(account);
    auto const find = [name = outcome.model->name](store::Transaction& transaction) {
        return store::find_user(transaction, name);
    };
    CO_TRY(auto const known, co_await hub.store.read(find));
    if (!known)
        if (auto const added = co_await hub.authenticator->add_user(outcome.model->name); !added)
            co_return fail(Errc::failed, "Your account could not be prepared. Ask an administrator of this hub.",
                           added.error().message);
    auto const& settings = hub.settings.authenticator;
    Json const state = settings.enable_auth_state ? outcome.model->auth_state : Json();
    CO_TRY(auto const encrypted, encrypt_auth_state(hub.crypt_keeper, state, hub.now()));
    ApplyLogin const apply{*outcome.model, encrypted, settings.manage_groups, hub.now()};
    CO_TRY(auto user, co_await hub.store.write(apply));
    log::info("User logged in: {}", user.name);
    co_return user;
}

} // namespace jhub::hub

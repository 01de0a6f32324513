#include "hub/dispatch/refresh_login.hpp"

#include <fmt/format.h>

#include "base/log.hpp"
#include "hub/core/login.hpp"
#include "hub/dispatch/python_questions.hpp"

namespace jhub::hub {
namespace {

Async<auth::RefreshedLogin> ask(RequestContext& context, model::User user)
{
    CO_TRY(Json handler, co_await describe_request(context));
    CO_TRY(Json described, co_await describe_user(context.hub, std::move(user)));
    co_return co_await context.hub.authenticator->refresh(std::move(described), std::move(handler));
}

Async<> refuse_stale(RequestContext& context, model::User owner)
{
    std::string const name = owner.name;
    if (co_await refresh_login(context, std::move(owner), RefreshWhen::always) == Refreshed::stale)
        co_return fail(Errc::forbidden, fmt::format("The login of {} is not good any more: log in again.", name));
    co_return Result<>{};
}

} // namespace

Task<Refreshed> refresh_login(RequestContext& context, model::User user, RefreshWhen when)
{
    auto& hub = context.hub;
    auto const age = hub.settings.authenticator.auth_refresh_age;
    if (age.count() <= 0 || !hub.authenticator->refreshes())
        co_return Refreshed::fresh;
    auto const last = hub.refreshed_logins.find(user.id);
    if (when == RefreshWhen::due && last != hub.refreshed_logins.end() && hub.now() - last->second < age)
        co_return Refreshed::fresh;
    if (std::ranges::find(context.refreshed_users, user.id) != context.refreshed_users.end())
        co_return Refreshed::fresh;
    context.refreshed_users.push_back(user.id);
    hub.refreshed_logins[user.id] = hub.now(); // others need not ask the same meanwhile
    auto answer = co_await ask(context, user);
    if (answer && answer->fresh && answer->model) {
        auto const state = answer->has_auth_state ? LoginState::replace : LoginState::keep;
        auto const applied = co_await apply_login(hub, *std::move(answer->model), state);
        if (applied)
            co_return Refreshed::changed;
        answer = std::unexpected(applied.error());
    }
    if (answer && answer->fresh)
        co_return Refreshed::fresh;
    hub.refreshed_logins.erase(user.id);
    if (answer)
        log::info("The login of {} is not good any more", user.name);
    else
        log::error("Whether the login of {} is still good could not be found out: {} {}", user.name,
                   answer.error().message, answer.error().detail);
    co_return Refreshed::stale;
}

Async<> refresh_before_start(RequestContext& context, model::User owner)
{
    if (!context.hub.settings.authenticator.refresh_pre_spawn)
        co_return Result<>{};
    co_return co_await refuse_stale(context, std::move(owner));
}

Async<> refresh_before_stop(RequestContext& context, model::User owner)
{
    bool const own = context.principal.user && context.principal.user->id == owner.id;
    if (!context.hub.settings.authenticator.refresh_pre_stop || !own)
        co_return Result<>{};
    co_return co_await refuse_stale(context, std::move(owner));
}

} // namespace jhub::hub

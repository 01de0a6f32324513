// Whether a login is still good: Authenticator.refresh_user of a Python class, asked every auth_refresh_age seconds
// and, where the configuration says so, before a server starts or stops (reference auth-flow.md §9, end).
#pragma once

#include "hub/dispatch/request_context.hpp"

namespace jhub::hub {

enum class Refreshed {
    fresh,   // still good, or nothing to ask
    changed, // still good, and something about the person is another thing now
    stale,   // not good any more, or it could not be found out
};

enum class RefreshWhen { due, always };

// At most once for each user and request.
Task<Refreshed> refresh_login(RequestContext& context, model::User user, RefreshWhen when);

// Errc::forbidden when refresh_pre_spawn is on and the owner's login is not good any more.
Async<> refresh_before_start(RequestContext& context, model::User owner);
// The same for refresh_pre_stop; whoever stops the server of somebody else is not kept from it.
Async<> refresh_before_stop(RequestContext& context, model::User owner);

} // namespace jhub::hub

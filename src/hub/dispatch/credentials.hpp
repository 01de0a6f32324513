// What a request shows to say who it is, and whether it comes from a page of ours: token, login cookie, XSRF token
// (reference rest-api.md §1.2, auth-flow.md). Nobody is looked up here. Logic thread.
#pragma once

#include "hub/core/identity.hpp"
#include "hub/dispatch/request_context.hpp"
#include "hub/dispatch/route.hpp"

namespace jhub::hub {

// Only what routes of this table listen to. A cookie counts when its signature and age are good.
[[nodiscard]] Claim claim_of(RequestContext const& context, RouteTable const& table);

// Whether the request may count as its user's own; wants to know who that is (context.principal).
[[nodiscard]] bool passes_xsrf(RequestContext& context, RouteTable const& table);

} // namespace jhub::hub

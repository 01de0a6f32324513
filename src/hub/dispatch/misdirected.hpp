// Requests that came to the hub at an address where it does not serve them are sent to the one where it does.
#pragma once

#include <optional>

#include "hub/dispatch/request_context.hpp"
#include "hub/dispatch/route.hpp"

namespace jhub::hub {

// Everything outside the hub's prefix is sent into it (reference http-pages.md §1, §5). Nothing: it is inside.
[[nodiscard]] std::optional<http::Response> leave_prefix(RequestContext const& context);

// With subdomains, pages that know a person are served at the hub's own host only: at the host of a user's server they
// would share an origin with what runs there. Nothing: this host is right.
[[nodiscard]] std::optional<http::Response> leave_subdomain(RequestContext const& context, RouteTable const& table);

} // namespace jhub::hub

// The route tables of the REST API, one per topic. Patterns are below the hub's prefix.
#pragma once

#include <vector>

#include "hub/dispatch/route.hpp"

namespace jhub::hub::api {

[[nodiscard]] std::span<Route const> hub_routes();
[[nodiscard]] std::span<Route const> audit_routes();
[[nodiscard]] std::span<Route const> user_routes();
[[nodiscard]] std::span<Route const> server_routes();
[[nodiscard]] std::span<Route const> token_routes();
[[nodiscard]] std::span<Route const> group_routes();
[[nodiscard]] std::span<Route const> service_routes();
[[nodiscard]] std::span<Route const> share_routes();
[[nodiscard]] std::span<Route const> share_code_routes();
[[nodiscard]] std::span<Route const> proxy_routes();
[[nodiscard]] std::span<Route const> authorization_routes(); // for tokens only, so no XSRF token is asked for
[[nodiscard]] std::span<Route const> open_routes();          // nobody is looked up, no XSRF token is asked for

// All of the above, with their surface.
[[nodiscard]] std::vector<RouteTable> tables();

} // namespace jhub::hub::api

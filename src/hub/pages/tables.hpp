// The route tables of the pages, one per topic. Patterns are below the hub's prefix.
#pragma once

#include <vector>

#include "hub/dispatch/route.hpp"

namespace jhub::hub::pages {

[[nodiscard]] std::span<Route const> login_routes();
// The form once more, for one that was open too long or came from another site.
Async<http::Response> login_form_again(RequestContext& context);
[[nodiscard]] std::span<Route const> home_routes();
[[nodiscard]] std::span<Route const> spawn_routes();
[[nodiscard]] std::span<Route const> admin_routes();
[[nodiscard]] std::span<Route const> share_routes();
[[nodiscard]] std::span<Route const> metrics_routes();     // for programs too, but refusals are pages
[[nodiscard]] std::span<Route const> user_server_routes(); // /user/… when the proxy has no route
[[nodiscard]] std::span<Route const> open_routes();        // static files, health, error pages for the proxy

[[nodiscard]] std::vector<RouteTable> tables();

} // namespace jhub::hub::pages

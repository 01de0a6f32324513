// The route tables of the OAuth provider. The token end point answers programs, without cookies or XSRF.
#pragma once

#include <vector>

#include "hub/dispatch/route.hpp"

namespace jhub::hub::oauth {

[[nodiscard]] std::span<Route const> authorize_routes();
[[nodiscard]] std::span<Route const> token_routes();
[[nodiscard]] std::vector<RouteTable> tables();

} // namespace jhub::hub::oauth

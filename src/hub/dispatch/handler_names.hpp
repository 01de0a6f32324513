// What dashboards know a route as: the class that serves it upstream (reference services.md §8, label "handler").
#pragma once

#include <optional>
#include <string_view>

#include "hub/dispatch/route.hpp"

namespace jhub::hub {

// Nothing for a pattern that is not listed: a test sees to it that each route is.
[[nodiscard]] std::optional<std::string_view> find_handler_name(std::string_view pattern);

// For what no route serves: an unknown path of the API or of the pages, or a path outside the hub.
[[nodiscard]] std::string_view unmatched_handler_name(Surface surface);
inline constexpr std::string_view redirect_handler_name = "jupyterhub.handlers.base.PrefixRedirectHandler";

} // namespace jhub::hub

// The OpenAPI document of the hub, docs/reference/rest-api.yml: paths, parameters and scopes come from the route
// tables, sentences about scopes from the scope table; only what a route is for, takes and answers is written down
// here.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hub/dispatch/route.hpp"

namespace jhub::hub {

struct RouteNote {
    std::string_view route;    // "GET /api/users"
    std::string_view summary;  // one sentence
    std::string_view statuses; // all that it answers, "200 400 403"
    std::string_view query;    // names of its query parameters
    std::string_view body;     // "name:type", a "!" behind what must be there; "form" first when it is no JSON
};

[[nodiscard]] std::span<RouteNote const> route_notes();
// nullptr when nobody has described the route.
[[nodiscard]] RouteNote const* find_note(std::string_view route);
// "GET /api/users", as the notes name routes.
[[nodiscard]] std::string route_name(Route const& route);

[[nodiscard]] bool is_documented(RouteNote const& note, int status);

[[nodiscard]] std::string openapi_document(std::vector<RouteTable> const& tables);

} // namespace jhub::hub

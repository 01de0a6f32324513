// What every answer carries besides what its handler put in: headers, cookies, the ETag and the 304 that comes of it.
#pragma once

#include <string>
#include <string_view>

#include "hub/dispatch/request_context.hpp"

namespace jhub::hub {

// Headers that the handler set stay, except where the site says otherwise (tornado_settings["headers"]).
void finish(RequestContext const& context, http::Response& response);

[[nodiscard]] std::string etag_of(std::string_view body);

} // namespace jhub::hub

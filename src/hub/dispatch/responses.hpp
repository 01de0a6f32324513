// Shapes of answers that handlers share.
#pragma once

#include <string>

#include "base/json.hpp"
#include "http/server.hpp"

namespace jhub::hub {

[[nodiscard]] http::Response json_response(Json const& body, http::Status status = http::Status::ok);
[[nodiscard]] http::Response empty_response(http::Status status, std::string_view content_type = "");
[[nodiscard]] http::Response redirect(std::string location, http::Status status = http::Status::found);
// {"status": 404, "message": "…"} (reference rest-api.md §1.5)
[[nodiscard]] http::Response json_error(http::Status status, std::string_view message);

} // namespace jhub::hub

// The progress of a start as server-sent events (reference rest-api.md §4).
#pragma once

#include <memory>

#include "http/server.hpp"
#include "hub/core/live_server.hpp"
#include "hub/core/urls.hpp"

namespace jhub::hub::api {

// Streams what has happened and what happens until the server is ready or has failed; keep-alives every 8 seconds.
[[nodiscard]] http::Response progress_response(std::shared_ptr<LiveServer> server, Hub& hub);

} // namespace jhub::hub::api

// The proxy's table compared with what runs: adds what is missing, mends what differs, deletes what is stale
// (reference spawner.md §11 "routes").
#pragma once

#include "base/async.hpp"

namespace jhub::hub {

class Hub;

Async<> check_routes(Hub& hub);

// check_routes and the proxy's report of activity, every last_activity_interval, until the hub ends.
Task<> check_routes_forever(Hub& hub);

} // namespace jhub::hub

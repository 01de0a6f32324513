// Taking away what is stopped: named servers and people, with all that hangs on them. Logic thread.
#pragma once

#include <cstdint>
#include <string>

#include "base/async.hpp"

namespace jhub::hub {

class Hub;

// The name of a stopped server, with what is remembered of a failed start. One that is not there is fine.
Async<> remove_named_server(Hub& hub, std::int64_t user_id, std::string server_name);

// A user without running servers.
Async<> remove_user(Hub& hub, std::int64_t user_id);

} // namespace jhub::hub

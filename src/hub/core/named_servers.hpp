// Rules of named servers: are they allowed, how many (reference spawner.md §1 "Named limit").
#pragma once

#include <string>

#include "base/async.hpp"
#include "model/user.hpp"

namespace jhub::hub {

class Hub;

// Errc::invalid_argument when named servers are off, or a new name is none or would pass the user's limit. The default
// server and those that there are already are always fine. Servers whose start has just begun count.
Async<> check_named_server(Hub& hub, model::User user, std::string server_name, std::int64_t limit);

} // namespace jhub::hub

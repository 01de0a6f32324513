// Taking away named servers and people, with all that hangs on them. While that goes on nothing of theirs is started
// (departure.hpp); when it is done there is no process, no route, no row and no token left. Logic thread.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/async.hpp"
#include "hub/core/live_server.hpp"
#include "model/user.hpp"

namespace jhub::hub {

class Departure;
class Hub;

// The name of a server that does not run, with what is remembered of a failed start; the caller holds its departure.
// One that is not there is fine. Errc::invalid_state when it runs.
Async<> remove_named_server(Hub& hub, model::User user, std::string server_name);

// For a stop that outlasts whoever asked for it: waits for its end, however long, then removes the name.
Task<> remove_when_stopped(Hub& hub, std::shared_ptr<LiveServer> server, Departure departure);

enum class ActiveServers {
    stop,   // they are stopped first
    refuse, // whoever has one stays
};

// Errc::not_found: no such user (any more). Errc::invalid_state: a server took longer than patience to stop, or there
// was one and it was not to be touched; the user is there as before, and may start servers again.
Async<> remove_user(Hub& hub, model::User user, ActiveServers servers, std::chrono::steady_clock::duration patience);

} // namespace jhub::hub

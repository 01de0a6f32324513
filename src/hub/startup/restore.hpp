// Servers across the life of a hub: taken over at the start, stopped at the end; and the hourly clean-up.
#pragma once

#include "base/async.hpp"

namespace jhub::hub {

class Hub;

// Adopts every server that the database calls running, all at once; returns when all are settled or
// init_spawners_timeout has passed (the rest goes on by itself). Then OAuth clients that belong to nobody are deleted.
Task<> restore_servers(Hub& hub);
Task<> stop_all_servers(Hub& hub);
// Expired tokens and codes, until the hub stops.
Task<> purge_forever(Hub& hub, std::chrono::seconds interval);

} // namespace jhub::hub

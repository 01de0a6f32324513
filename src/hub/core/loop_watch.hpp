// How punctual the logic thread is: a tick every 50 ms, and how far apart two really were.
#pragma once

#include "base/async.hpp"

namespace jhub::hub {

class Hub;

// Until the hub stops.
Task<> watch_loop(Hub& hub);

} // namespace jhub::hub

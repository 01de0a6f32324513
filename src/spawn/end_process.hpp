// Ends a process of this machine: asks, then insists.
#pragma once

#include <chrono>
#include <span>

#include "privileged/helper.hpp"

namespace jhub::spawn {

struct EndStep {
    int signal;
    std::chrono::milliseconds patience; // what the process gets before the next step
};

// Takes one step after the other until the process is gone; gone already is fine. Errc::failed when it survived all of
// them, or the helper's error when it could not be signalled. steps must
// stay until it is done.
Async<> end_process(privileged::Helper& helper, privileged::ProcessHandle process, std::span<EndStep const> steps);

} // namespace jhub::spawn

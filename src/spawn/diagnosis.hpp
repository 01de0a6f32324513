// Why a server did not come up, in words for the person who waits for it: a reason and what to do about it.
#pragma once

#include <optional>
#include <string>

#include "base/result.hpp"

namespace jhub::spawn {

struct Diagnosis {
    std::string reason; // one sentence: "Command not found: jupyterhub-singleuser (PATH is /usr/bin)"
    std::string advice; // one sentence: what the person or the operator can do; may be empty
    std::string output; // the last lines the server printed; may be empty
};

// What is known of a failed start.
struct FailedStart {
    Error error;                    // from prepare, release, or the hub's wait
    bool running = false;           // the process is still there (it did not answer in time)
    bool started = false;           // the command itself ran
    std::optional<int> exit_status; // negative for a signal; empty when it runs or nobody knows
    std::string output;             // the last lines it printed
    std::string beginning;          // the first ones: whether its directory could be entered
};

// Pure: looks the facts up in a table of known causes, the most telling first.
[[nodiscard]] Diagnosis diagnose(FailedStart const& facts);

} // namespace jhub::spawn

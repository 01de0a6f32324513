// The life of one server as a pure state machine: an event comes in, the next state and the action to carry out go
// out. The launcher carries actions out; nothing here waits, writes or knows a clock. Facts: reference spawner.md §1.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace jhub::hub {

enum class ServerState {
    stopped,  // nothing runs; a failed last start is remembered beside the state
    starting, // the spawner was asked to start a process; its row, token and OAuth client exist
    waiting,  // the process runs and its address is known, but it does not answer HTTP yet
    ready,    // it answers and its route is in the proxy
    stopping, // it was asked to leave, or is being cleaned up after a failed start
    checking, // after a restart of the hub: a row says that it runs, and this is being verified
};
inline constexpr std::size_t server_state_count = 6;

enum class ServerEvent {
    start_requested,
    process_started, // the spawner returned an address
    answered,        // the readiness probe got a reply
    failed,          // any step of a start went wrong, or ran out of time
    stop_requested,
    died,    // the process left without being asked
    gone,    // a stop is complete: process, rows, token and route are away
    restored // a restarted hub found a row that says "running"
};

enum class ServerAction {
    launch,    // write the rows, start the process
    probe,     // ask until it answers
    publish,   // add the route, tell those who wait
    roll_back, // stop what was started, remove the rows
    terminate, // remove the route, stop the process, remove the rows
    verify,    // is it still the same process, does it answer?
    settle     // nothing runs any more: tell those who wait
};

struct Transition {
    ServerState next;
    ServerAction action;
    friend bool operator==(Transition const&, Transition const&) = default;
};

// Nothing for an event that has no meaning in that state (a second click on Start, an exit that was expected).
[[nodiscard]] std::optional<Transition> next_state(ServerState state, ServerEvent event);

// "spawn", "stop", "check" or empty, as the REST API names it.
[[nodiscard]] std::string_view pending_name(ServerState state);
[[nodiscard]] bool is_active(ServerState state); // pending or ready

} // namespace jhub::hub

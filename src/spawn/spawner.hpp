// The contract of a spawner: whatever can run a single-user server. It knows its machine and nothing else: no database,
// no HTTP, no proxy. Written so that a spawner may live in another process (a Python spawner in the host): every call
// carries plain data and may wait.
//
// One object per server (user and server name), made anew by the hub for each start, or after a restart of the hub.
//
//   choose_endpoint()  before start(): the address the server shall listen on. The hub makes JUPYTERHUB_SERVICE_URL of
//                      it. An ip that is configured empty ("all interfaces") comes back empty here.
//   start()            starts the server and returns the address where the hub reaches it. The server need not answer
//                      yet; the hub probes. After a failure nothing of the server is left running. The hub sets the
//                      deadline (start_timeout) and calls stop(now) when it passes.
//   check_listener()   after something answered at the address: whether that can be the server. An error when it is
//                      somebody else's, who must not get the visitors; the start then fails.
//   poll()             empty: it runs. Otherwise the exit status: 0 when nothing is known (never started, adopted and
//                      gone), negative for a signal. Cheap; never waits for the server.
//   stop()             returns only when the server is gone, so that the hub may give its name and port away;
//                      Errc::failed when it survived SIGKILL. Stopping what does not run is fine. Afterwards state()
//                      is empty.
//   state()            what a restarted hub needs to find the server again; saved by the hub after start().
//   load_state()       the other half: adopts the server in a new object. A server that is gone meanwhile is no error:
//                      poll() tells. An error means "cannot know" (the helper does not answer): try again.
//   on_exit()          told once when the server ends, for whatever reason, also during stop(); so the hub
//                      need not wait for the next poll().
//   last_output()      the last lines that the server printed, if the spawner can see them.
//   next_progress()    event number index of the current start; waits for it; empty: there are no more.
//   diagnose()         the likely cause of a failed start in words, from all that the spawner saw.
//
// All calls happen on the hub's logic thread. start() and stop() of one object may overlap (a cancelled start).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/async.hpp"
#include "base/json.hpp"
#include "privileged/types.hpp"
#include "spawn/diagnosis.hpp"

namespace jhub::spawn {

using Environment = std::vector<std::pair<std::string, std::string>>; // in order, names unique

struct StartRequest {
    std::string user_name, server_name;
    std::string base_path; // /user/NAME/[SERVER/]
    Environment env;       // complete but for what the spawner itself decides (USER, HOME, SHELL)
    std::vector<std::string> cmd, args;
    Json user_options;
};

struct Endpoint {
    std::string proto = "http";
    std::string ip = "127.0.0.1";
    std::uint16_t port = 0;
};

enum class StopMode {
    gentle, // ask first (SIGINT), then insist
    now,    // skip the asking
};

struct Progress {
    int percent = 0;
    std::string message;
    std::string html_message;
};

// Stored by the hub between fork and exec: a hub that dies in between finds the process, or there is none.
using OnProcess = std::function<Async<>(privileged::ProcessId)>;

class Spawner {
  public:
    virtual ~Spawner() = default;

    virtual Result<Endpoint> choose_endpoint() = 0;
    virtual Async<Endpoint> start(StartRequest request) = 0;
    [[nodiscard]] virtual Result<> check_listener(std::string const& ip, std::uint16_t port) const = 0;
    virtual Async<> stop(StopMode mode) = 0;
    virtual Async<std::optional<int>> poll() = 0;

    [[nodiscard]] virtual Json state() const = 0;
    // known: from our own table, when it has a row; without it only the pid in state is known (a Python hub's row).
    virtual Async<> load_state(Json state, std::optional<privileged::ProcessId> known) = 0;

    virtual void on_exit(std::function<void(std::optional<int> status)> callback) = 0;
    [[nodiscard]] virtual std::string last_output(std::size_t lines) const = 0;
    virtual Task<std::optional<Progress>> next_progress(std::size_t index) = 0;
    // error: what start(), or the hub's wait for it, ended with.
    [[nodiscard]] virtual Diagnosis diagnose(Error const& error) const = 0;
};

} // namespace jhub::spawn

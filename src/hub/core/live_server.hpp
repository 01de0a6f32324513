// One server that this hub knows: its state, its spawner, what happened during its start. Lives in memory only; what
// a restarted hub needs is in the store. Belongs to the logic thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/async.hpp"
#include "base/clock.hpp"
#include "base/json.hpp"
#include "config/spawner_settings.hpp"
#include "hub/core/server_state.hpp"
#include "python/live_host.hpp"
#include "spawn/spawner.hpp"

namespace jhub::hub {

// Why the last start did not work, in words for the person and for the operator.
struct StartFailure {
    std::string message;    // one sentence: what happened
    std::string advice;     // what to do about it; may be empty
    std::string output;     // the last lines that the server printed; may be empty
    std::string reason;     // "timeout" or "error", as the REST API words it
    std::string html;       // in place of message and advice where HTML can be shown; may be empty
    int status = 500;       // of the page and the API answer
    bool cancelled = false; // somebody stopped or removed it meanwhile
};

struct LiveServer {
    std::int64_t user_id = 0, spawner_id = 0;
    std::string user_name, server_name; // server_name is empty for the default server

    ServerState state = ServerState::stopped;
    std::unique_ptr<spawn::Spawner> spawner; // null while stopped
    std::optional<Timestamp> started, last_activity;
    std::optional<Json> user_options;
    // The spawner's options for this server: the configured ones, and what its groups, its user's choices and the hooks
    // have changed.
    std::shared_ptr<config::SpawnerSettings const> settings;
    std::optional<StartFailure> refusal; // what a hook answered in place of a start
    std::optional<StartFailure> failure;
    std::string url;              // http://127.0.0.1:PORT of the process, once known
    bool may_have_route = false;  // the proxy was told of it, or may know it from before a restart of the hub
    std::string reported_version; // X-JupyterHub-Version of its first answer
    std::int64_t token_id = 0;    // of the API token made for this start; 0 after a restart of the hub
    std::vector<Json> progress;   // events since the last start, for those who look on
    bool cancel_start = false;    // a stop was asked for while it was starting, or being checked
    python::Cancellation hooks;   // those of its start, ended by that

    // Set and replaced at every change of state or progress: those who look on wait for it.
    std::shared_ptr<Event> changed = std::make_shared<Event>();
    // Set when the coroutine that carries out a start or stop has ended.
    std::shared_ptr<Event> settled = std::make_shared<Event>();

    [[nodiscard]] bool ready() const { return state == ServerState::ready; }
    [[nodiscard]] bool active() const { return is_active(state); }
    [[nodiscard]] std::string label() const { return server_name.empty() ? user_name : user_name + ":" + server_name; }

    void announce()
    {
        auto const current = std::exchange(changed, std::make_shared<Event>());
        current->set();
    }
};

// True when the start or stop that is under way has ended by then. Holds what it waits for: the next one replaces it.
inline Task<bool> wait_until_settled(std::shared_ptr<LiveServer> server, std::chrono::steady_clock::duration patience)
{
    auto const settled = server->settled;
    co_return co_await settled->wait(patience);
}

} // namespace jhub::hub

// Built-in idle culling (c.JupyterHub.idle_culler): looks at all servers every cull_every, warns in the log, stops
// those that nobody uses. What counts as use: requests and messages of open WebSockets, which the proxy saw up to this
// moment, and what the servers report. Logic thread.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/async.hpp"
#include "hub/core/hub.hpp"
#include "hub/services/idle_decision.hpp"

namespace jhub::hub::services {

class IdleCuller {
  public:
    // hub must outlive it.
    explicit IdleCuller(Hub& hub) : hub_(hub), settings_(hub.settings.hub.idle_culler) {}

    // One look. An error when the proxy could not be asked: then nothing is known of who is active, and nobody is
    // stopped.
    Async<> look();
    // Until the hub stops. Returns at once when culling is not configured.
    Task<> look_forever();

  private:
    using ServerPointer = std::shared_ptr<LiveServer>;
    [[nodiscard]] CullDecision decide(LiveServer const& server) const;
    void warn(LiveServer const& server, CullDecision const& decision);
    Task<> stop_servers();
    Task<> stop_batch(std::vector<ServerPointer> servers);
    Async<> delete_people();

    Hub& hub_;
    config::IdleCullerSettings const& settings_;
    // Servers that were warned of, with the activity that was known then.
    std::map<std::pair<std::int64_t, std::string>, std::optional<Timestamp>> warned_;
};

} // namespace jhub::hub::services

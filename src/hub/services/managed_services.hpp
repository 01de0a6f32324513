// All services that the hub runs itself. Logic thread.
#pragma once

#include <memory>
#include <vector>

#include "hub/services/managed_service.hpp"

namespace jhub::hub::services {

class ManagedServices {
  public:
    // Both must outlive it.
    ManagedServices(Hub& hub, privileged::Helper& helper) : hub_(hub), helper_(helper) {}

    // After the hub listens: one after the other in the order of the configuration, each until it answers. The first
    // one that does not come up is the error; then stop() ends the others.
    Async<> start();
    // All at once; to be called when hub.stopping is set.
    Task<> stop();

  private:
    Hub& hub_;
    privileged::Helper& helper_;
    std::vector<std::unique_ptr<ManagedService>> services_;
};

} // namespace jhub::hub::services

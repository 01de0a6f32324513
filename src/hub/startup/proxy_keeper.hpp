// Sees to it that there is a proxy and that it knows where the hub is: takes over a running one or starts one, and
// starts it again, with all its routes, when it dies.
#pragma once

#include "config/settings.hpp"
#include "hub/startup/proxy_process.hpp"

namespace jhub::hub {

class Hub;

class ProxyKeeper {
  public:
    ProxyKeeper(Hub& hub, std::string auth_token);

    // Returns when the proxy answers and knows the hub's route.
    Async<> start();
    // Until the hub stops.
    Task<> keep_running();
    Task<> stop();

    // The token for the proxy's API. With an external proxy it must be configured.
    [[nodiscard]] static Result<std::string> shared_token(config::ProxySettings const& settings);

  private:
    Async<> start_process();
    Async<> wait_until_it_answers();

    Hub& hub_;
    ProxyProcess process_;
};

} // namespace jhub::hub

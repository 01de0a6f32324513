// Sees to it that there is a proxy and that it knows where the hub is: takes over a running one or starts one, and
// starts it again, with all its routes, when it dies.
#pragma once

#include "config/settings.hpp"
#include "hub/startup/proxy_process.hpp"

namespace jhub::hub {

class Hub;

// How the hub starts its proxy (reference cli.md §3.8), without the program itself. Depends on whether this process is
// root: asked before it gives that up.
[[nodiscard]] std::vector<std::string> proxy_arguments(config::Settings const& settings);

class ProxyKeeper {
  public:
    // supervisor: of a hub that gave up root; else none.
    ProxyKeeper(Hub& hub, std::string auth_token, privileged::Supervisor* supervisor);

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

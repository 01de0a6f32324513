// The Python process of a configuration with functions or classes in it, from the evaluation to the first call.
#pragma once

#include <memory>

#include "hub/startup/serve.hpp"
#include "privileged/hub_account.hpp"
#include "python/live_host.hpp"

namespace jhub::hub {

struct StartedPython {
    std::unique_ptr<python::LiveHost> host; // nullptr when nothing stays in Python
    Json abilities;                         // what the site's classes do by themselves
};

// Tells the interpreter what the hub has made of the configuration, and the account that it goes on as. Before root is
// given up: the hub's account has no say in it. hub: what the hub becomes afterwards, if anything. What a Python class
// says of itself (manage_groups …) goes into input.settings. Blocks. Errc::invalid_argument names a class or option
// that cannot be used.
[[nodiscard]] Result<> settle_python(ServeInput& input, privileged::HubAccount const& account,
                                     std::optional<privileged::HubAccount> const& hub = {});

// What the supervisor needs to start it again; nullptr when the hub's own account can do that.
[[nodiscard]] Result<std::shared_ptr<privileged::PythonProgram>> python_program(ServeInput const& input);

// Takes the interpreter over, once it is settled. supervisor, which may be none, must outlive what comes back.
[[nodiscard]] StartedPython start_python(asio::any_io_executor executor, ServeInput& input,
                                         privileged::Supervisor* supervisor = nullptr);

} // namespace jhub::hub

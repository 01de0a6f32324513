// The Python process of a configuration with functions or classes in it, from the evaluation to the first call.
#pragma once

#include <memory>

#include "hub/startup/serve.hpp"
#include "python/live_host.hpp"

namespace jhub::hub {

struct StartedPython {
    std::unique_ptr<python::LiveHost> host; // nullptr when nothing stays in Python
    Json abilities;                         // what the site's classes do by themselves
};

// Takes the interpreter over and tells it what the hub has made of the configuration; it goes on under the account that
// this process has now. What a Python class says of itself (manage_groups …) goes into input.settings. Blocks.
// Errc::invalid_argument names a class or option that cannot be used.
[[nodiscard]] Result<StartedPython> start_python(asio::any_io_executor executor, ServeInput& input);

} // namespace jhub::hub

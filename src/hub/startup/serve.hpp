// A whole hub, from its settings to its last goodbye: composes the parts, restores what ran, serves, shuts down
// (reference cli.md §1.7, §1.8).
#pragma once

#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>

#include "base/result.hpp"
#include "config/load.hpp"
#include "config/settings.hpp"
#include "hub/startup/parts.hpp"
#include "privileged/helper.hpp"
#include "privileged/supervisor.hpp"
#include "python/child.hpp"

namespace jhub::hub {

// What is settled between hub and Python process before root is given up.
struct SettledPython {
    Json greeting;                  // what the process was told, and each later one is; null: nothing stays in Python
    Json abilities;                 // what the site's classes do by themselves
    bool more_than_the_hub = false; // it is of another account than the hub will be
};

struct ServeInput {
    config::Settings settings;
    AllowOptions allow;
    config::Environment environment;
    // The interpreter that has evaluated the configuration, when something of it stays in Python; serve() takes it
    // over.
    std::shared_ptr<python::Child> interpreter = nullptr;
    std::string config_file = {}; // what it has evaluated
    Trust config_trust = Trust::if_only_root_can_change_it;
    std::string not_as_root = {}; // why its functions and classes should not run as root
    SettledPython python = {};
};

// The loop of the logic thread. abandon() destroys every coroutine that still waits, while what they refer to is there.
class ServingLoop : public asio::io_context {
  public:
    ServingLoop() : asio::io_context(1) {}
    void abandon() { shutdown(); }
};

// Runs io until the hub was told to leave. The error is one sentence for the operator; the program then exits with 1.
// supervisor: of a hub that gave up root, else none; when it ends, so does the hub, with an error.
Result<> serve(ServingLoop& io, privileged::Helper& helper, privileged::Supervisor* supervisor, ServeInput input);

// As far as --show-config goes: everything is opened and checked, nothing is started.
Result<> check_start(asio::io_context& io, ServeInput const& input);

} // namespace jhub::hub

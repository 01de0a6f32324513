// Finding and starting the helper program: one socket pair, one child of the hub.
#pragma once

#include <optional>
#include <string>

#include "base/result.hpp"
#include "privileged/helper.hpp"

namespace jhub::privileged {

struct StartedHelper {
    int pid = 0;
    int pidfd = -1;  // the caller closes both
    int socket = -1; // non-blocking
};

// Beside the running program, or in ../lib/jupyterhub; what options.program says goes first.
[[nodiscard]] std::string helper_path(HelperOptions const& options);

// open_files: the soft limit of open files that the processes shall have (the hub raises its own).
[[nodiscard]] Result<StartedHelper> start_helper(HelperOptions const& options, unsigned long open_files);

} // namespace jhub::privileged

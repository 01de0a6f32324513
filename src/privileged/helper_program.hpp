// Finding and starting the helper program: one socket pair, one child, of the hub or of its supervisor.
#pragma once

#include <string>

#include "base/result.hpp"
#include "privileged/helper.hpp"
#include "privileged/helper_policy.hpp"

namespace jhub::privileged {

struct StartedProcess {
    int pid = 0;
    int pidfd = -1; // the caller closes it
};

struct StartedHelper {
    int pid = 0;
    int pidfd = -1;  // the caller closes both
    int socket = -1; // non-blocking
};

// Everything that is settled before the first helper starts.
struct HelperProgram {
    std::string path;
    HelperPolicy policy;
};

// The soft limit of open files of this process.
[[nodiscard]] unsigned long soft_open_files();

// Beside the running program, or in ../lib/jupyterhub; what options.program says goes first.
[[nodiscard]] std::string helper_path(HelperOptions const& options);

// Runs the program with this socket, which stays the caller's.
[[nodiscard]] Result<StartedProcess> run_helper(HelperProgram const& program, int socket);

// A new helper and the hub's end of its socket pair: from options.supervisor, or a child of this process.
[[nodiscard]] Result<StartedHelper> start_helper(HelperOptions const& options);

} // namespace jhub::privileged

// Finding and starting the helper program: one socket pair, one child, of the hub or of its supervisor.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "privileged/helper.hpp"

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
    unsigned long open_files = 0; // the soft limit of open files that the processes shall have
    bool allow_root_user = false;
    // Whose requests it takes and who its "own account" is, when that is not the one it runs as.
    std::optional<std::pair<unsigned, unsigned>> hub_account; // uid, gid
    std::vector<std::string> allowed_variables;               // which the configuration sets for servers
};

// The soft limit of open files that this process was started with.
[[nodiscard]] unsigned long soft_open_files();

// Beside the running program, or in ../lib/jupyterhub; what options.program says goes first.
[[nodiscard]] std::string helper_path(HelperOptions const& options);

// Runs the program with this socket, which stays the caller's.
[[nodiscard]] Result<StartedProcess> run_helper(HelperProgram const& program, int socket);

// A new helper and the hub's end of its socket pair: from options.supervisor, or a child of this process.
[[nodiscard]] Result<StartedHelper> start_helper(HelperOptions const& options, unsigned long open_files);

} // namespace jhub::privileged

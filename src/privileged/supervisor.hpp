// The supervisor: a small process that stays root beside a hub that does not. It does a few things and nothing else:
// starts the helper, starts the proxy, signals the proxy, starts and ends the Python process of the configuration; each
// by a packet of fixed size, with everything but the proxy's token settled before the hub gave up root. Forked from the
// hub before threads, sockets and connections exist; ends with it. Why: docs/decisions/0009.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/descriptor.hpp"
#include "privileged/helper_program.hpp"
#include "privileged/hub_account.hpp"
#include "privileged/python_program.hpp"

namespace jhub::privileged {

struct SupervisorPlan {
    HelperProgram helper;
    HubAccount hub;
    std::vector<std::string> proxy_command; // whole; empty: the hub starts no proxy
    std::string proxy_pid_file;             // written for each new proxy; empty: none
    std::string hub_pid_file;               // may be removed; empty: none
    std::shared_ptr<PythonProgram> python;  // nullptr: none, or the hub's own account runs it
};

// The hub's end. Calls block for as long as a process takes to start, two seconds at most; logic thread only.
class Supervisor {
  public:
    static constexpr std::size_t longest_token = 1023;

    // Forks it. The caller is root and has no threads yet.
    [[nodiscard]] static Result<std::unique_ptr<Supervisor>> launch(SupervisorPlan plan);
    explicit Supervisor(Descriptor channel) : channel_(std::move(channel)) {}
    Supervisor(Supervisor const&) = delete;
    Supervisor& operator=(Supervisor const&) = delete;

    // Ends the former helper, if any; socket, which stays the caller's, must be a pair made by this process.
    [[nodiscard]] Result<StartedProcess> start_helper(int socket);
    [[nodiscard]] Result<int> start_proxy(std::string const& token);
    // SIGTERM or SIGKILL for a process that is a proxy as the plan describes it. False: it is none, or gone.
    bool signal_proxy(int pid, int signal);
    void remove_hub_pid_file();
    // Ends the former Python process, if any; socket, which stays the caller's, must be a pair made by this process.
    // Errc::too_many when it was started too often lately.
    [[nodiscard]] Result<int> start_python(int socket);
    void end_python();

    // Readable when the supervisor has ended: then the hub must end, too.
    [[nodiscard]] int channel() const { return channel_.get(); }

  private:
    Descriptor channel_;
};

} // namespace jhub::privileged

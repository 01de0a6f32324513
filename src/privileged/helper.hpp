// The hub's side of jupyterhub-helper, the small program that starts, watches and signals processes and asks PAM.
//
// One Helper per hub, used on the hub's logic thread only. It starts the helper program over a socket pair and starts
// it again when it dies: within a second, later each time while it keeps dying. Processes do not notice: they live
// on, and the new helper watches them again. A request that was under way then fails with Errc::unavailable; a new one
// waits at most five seconds for the new helper. Every request has a deadline.
// When the hub runs as an ordinary user so does the helper, which then can start processes as that user only.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/async.hpp"
#include "privileged/helper_policy.hpp"
#include "privileged/types.hpp"

namespace jhub::privileged {

// A process that the helper watches. Shared by whoever cares for it; stays readable after the end of the process.
class Process {
  public:
    explicit Process(ProcessId id) : id_(std::move(id)) {}

    [[nodiscard]] ProcessId const& id() const { return id_; }
    [[nodiscard]] bool running() const { return !gone_.is_set(); }

    // The exit status, negative for a signal (-9). Empty while it runs, and when it was not our child (adopted after a
    // restart), so that nobody can know.
    [[nodiscard]] std::optional<int> exit_status() const { return status_; }

    // True when the process is gone, false when the patience ran out first. Keep the handle while waiting.
    Task<bool> wait_exit(std::chrono::steady_clock::duration patience) { return gone_.wait(patience); }

  private:
    friend class HelperConnection;
    ProcessId id_;
    std::string user_; // whose it is, as the request said; empty: the hub's own account's
    std::optional<int> status_;
    Event gone_;
};

using ProcessHandle = std::shared_ptr<Process>;

class Supervisor;

struct HelperOptions {
    Supervisor* supervisor = nullptr; // starts the helper in place of this process; must outlive the Helper
    std::string program;              // empty: jupyterhub-helper beside the running program, or in ../lib/jupyterhub
    HelperPolicy policy;              // of a helper that is a child of this process
    std::chrono::milliseconds restart_patience = std::chrono::seconds(5); // what a new request waits for a new helper
};

class HelperConnection;

class Helper {
  public:
    // Starts the helper program; to be called before anything else starts. Errc::failed when it cannot be started.
    static Result<std::unique_ptr<Helper>> launch(asio::any_io_executor executor, HelperOptions options = {});
    ~Helper(); // the helper program ends, released processes live on

    // Forks the process with the identity of the account, verified, in its working directory, waiting for release():
    // so the ProcessId can be stored before the command runs. When helper or hub die first, it ends without a trace.
    // Errc::not_found no such account, Errc::forbidden not as this account, Errc::too_large over 64 KiB of arguments
    // and environment, Errc::failed with the step and the system's words.
    Async<ProcessHandle> prepare(StartCommand command);

    // Lets a prepared process run its command. Errc::not_found command not found (with the PATH), Errc::forbidden no
    // permission to run it, Errc::failed otherwise. After any error the process is gone or must be killed.
    Async<> release(int pid);

    // Takes a process over that was started earlier, by another helper or another hub. A helper that is root decides
    // from the record that it keeps of what it started: all of id must be what stands there. What it has no record of,
    // servers of the Python hub (start_time 0) or of a version that kept none, must belong to the account user, which
    // must be one that may have a server, and lead its session; without a user it is gone. A helper that is not root
    // keeps no record: it takes processes of its own account. Errc::not_found when that process is gone,
    // Errc::forbidden when user may not have it.
    Async<ProcessHandle> watch(ProcessId id, std::string user);

    // SIGINT, SIGTERM or SIGKILL through the pidfd, so never a stranger. False: it was gone already, or is not watched.
    Async<bool> signal(ProcessId id, int signal);

    // The watched process of that number; empty when there is none (any more).
    [[nodiscard]] ProcessHandle find(int pid) const;

    // Called on the logic thread for each watched process that ends; at most one callback, the last one set.
    // The status is empty for adopted processes.
    void on_exit(std::function<void(ProcessId const&, std::optional<int> status)> callback);

    // One login through PAM in a process of its own. Over-long or NUL-carrying input is denied without asking PAM.
    // Fails (Errc::unavailable) only when the helper cannot be reached; PAM's own trouble is an outcome.
    Async<PamAnswer> authenticate(PamRequest request);

    // The account of that name; an empty name is the account the helper runs as. Errc::not_found, Errc::timeout.
    Async<Account> account(std::string user);

    // Makes an account of the machine of that name, with the command that the policy has. Errc::conflict when there is
    // one, Errc::invalid_argument for an impossible name, Errc::forbidden when no accounts are made here,
    // Errc::failed, Errc::timeout after a minute.
    Async<> make_account(std::string user);

    // The pid of the helper program, 0 while it is being restarted. For tests and status pages.
    [[nodiscard]] int helper_pid() const;

  private:
    explicit Helper(std::shared_ptr<HelperConnection> connection);
    std::shared_ptr<HelperConnection> connection_;
};

} // namespace jhub::privileged

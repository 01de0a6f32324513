// Starts the proxy, watches it, starts it again when it dies (reference cli.md §3.8). A proxy that a former hub left
// running is taken over together with its connections: its token is kept in a file that only the hub can read.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/async.hpp"
#include "base/descriptor.hpp"
#include "privileged/supervisor.hpp"

namespace jhub::hub {

struct ProxyProcessOptions {
    std::vector<std::string> command; // configurable-http-proxy is looked for beside the hub's own program first
    std::vector<std::string> arguments;
    privileged::Supervisor* supervisor = nullptr; // starts and signals the proxy for a hub that is not root any more
    std::string auth_token;
    std::string pid_file;
    std::string api_url;
};

class ProxyProcess {
  public:
    ProxyProcess(asio::any_io_executor executor, ProxyProcessOptions options);
    ~ProxyProcess(); // the proxy lives on
    ProxyProcess(ProxyProcess const&) = delete;
    ProxyProcess& operator=(ProxyProcess const&) = delete;

    // Takes over the proxy that the pid file names, if it is one. False: there is none.
    bool adopt();
    // Ends a stale proxy that the pid file names, then starts ours. Errc::failed when the program cannot be run.
    Async<> start();
    // Waits for the end of the running proxy, and of those that took over from it (its SIGUSR2).
    Task<> wait_exit();
    // Asks it to leave, then insists; removes the pid file.
    Task<> stop();

    [[nodiscard]] bool running() const;
    [[nodiscard]] int pid() const { return pid_; }

  private:
    [[nodiscard]] int pid_from_file() const;
    bool watch(int pid);
    [[nodiscard]] Result<int> run_program();
    [[nodiscard]] Result<int> run_as_child();
    [[nodiscard]] Result<Descriptor> open_pid_file() const;
    Task<> end_stale();
    void signal(int number);
    Task<> insist();
    bool adopt_successor();

    asio::any_io_executor executor_;
    ProxyProcessOptions options_;
    int pid_ = 0;
    bool is_child_ = false;
    std::unique_ptr<class WatchedProcess> watched_;
};

// The program's path and its arguments, as they are run.
[[nodiscard]] std::vector<std::string> whole_command(std::vector<std::string> command,
                                                     std::vector<std::string> const& arguments);

// True when this command is the proxy that belongs to this hub: the one beside the hub's own program.
[[nodiscard]] bool is_own_proxy(std::string const& command);

// The token that the hub and its proxy share: from the configuration, else from the file beside the pid file, else made
// and written there (mode 0600), so that the next hub can go on with the same proxy. Errc::forbidden: what lies there
// is no file of the hub's, or others can change it.
[[nodiscard]] Result<std::string> load_or_create_proxy_token(std::string const& configured, std::string const& file);

} // namespace jhub::hub

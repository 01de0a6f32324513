// Runs single-user servers as processes of this machine, through the privileged helper (reference spawner.md §5).
// LocalProcessSpawner: under the user's own system account, in its home directory.
// SimpleLocalProcessSpawner: under the hub's account, in a directory made per user; for trying things out.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "privileged/helper.hpp"
#include "spawn/place.hpp"
#include "spawn/spawner.hpp"

namespace jhub::spawn {

class LocalServerProcess;

struct LocalOptions {
    std::string ip = "127.0.0.1"; // Spawner.ip; empty: all interfaces
    std::uint16_t port = 0;       // Spawner.port; 0: any free one
    std::chrono::milliseconds interrupt_timeout = std::chrono::seconds(10);
    std::chrono::milliseconds term_timeout = std::chrono::seconds(5);
    std::chrono::milliseconds kill_timeout = std::chrono::seconds(5);
    std::vector<std::string> shell_cmd;                // LocalProcessSpawner.shell_cmd
    std::string home_dir_template = "/tmp/{username}"; // SimpleLocalProcessSpawner.home_dir_template; {userid} too
    std::string pam_service;    // opens a PAM session for servers under an account of their own; empty: none
    std::string proto = "http"; // https with internal_ssl
    std::string log_dir;        // outputs of the servers: made 0700 when missing; empty: they write to the hub's stderr
};

// Whose server this is.
struct LocalServer {
    std::string user_name, server_name;
    std::int64_t user_id = 0;
};

class LocalProcessSpawner : public Spawner {
  public:
    // helper must outlive the spawner. on_process may be empty.
    LocalProcessSpawner(privileged::Helper& helper, LocalServer server, LocalOptions options, OnProcess on_process);
    // Does not stop the server; but a start that is still under way is undone.
    ~LocalProcessSpawner() override;

    Result<Endpoint> choose_endpoint() override;
    Async<Endpoint> start(StartRequest request) override;
    [[nodiscard]] Result<> check_listener(std::string const& ip, std::uint16_t port) const override;
    Async<> stop(StopMode mode) override;
    Async<std::optional<int>> poll() override;
    [[nodiscard]] Json state() const override;
    Async<> load_state(Json state, std::optional<privileged::ProcessId> known) override;
    void on_exit(std::function<void(std::optional<int> status)> callback) override;
    [[nodiscard]] std::string last_output(std::size_t lines) const override;
    Task<std::optional<Progress>> next_progress(std::size_t index) override;
    [[nodiscard]] Diagnosis diagnose(Error const& error) const override;

  protected:
    LocalProcessSpawner(privileged::Helper& helper, LocalServer server, LocalOptions options, OnProcess on_process,
                        FindPlace find_place);

  private:
    // All there is to it, shared with the coroutines: the hub may drop the spawner while a start is still under way.
    std::shared_ptr<LocalServerProcess> const server_;
};

class SimpleLocalProcessSpawner final : public LocalProcessSpawner {
  public:
    SimpleLocalProcessSpawner(privileged::Helper& helper, LocalServer server, LocalOptions options,
                              OnProcess on_process);
};

// By the name in JupyterHub.spawner_class: the class, with or without its module, or simple and local. Null for
// another.
[[nodiscard]] std::unique_ptr<Spawner> make_local_spawner(std::string_view class_name, privileged::Helper& helper,
                                                          LocalServer server, LocalOptions options,
                                                          OnProcess on_process);

} // namespace jhub::spawn

// Runs single-user servers as processes of this machine, through the privileged helper (reference spawner.md §5).
// LocalProcessSpawner: under the user's own system account, in its home directory.
// SimpleLocalProcessSpawner: under the hub's account, in a directory made per user; for trying things out.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "privileged/helper.hpp"
#include "spawn/output_file.hpp"
#include "spawn/spawner.hpp"

namespace jhub::spawn {

struct LocalOptions {
    std::string ip = "127.0.0.1"; // Spawner.ip; empty: all interfaces
    std::uint16_t port = 0;       // Spawner.port; 0: any free one
    std::chrono::milliseconds interrupt_timeout = std::chrono::seconds(10);
    std::chrono::milliseconds term_timeout = std::chrono::seconds(5);
    std::chrono::milliseconds kill_timeout = std::chrono::seconds(5);
    std::vector<std::string> shell_cmd;                // LocalProcessSpawner.shell_cmd
    std::string home_dir_template = "/tmp/{username}"; // SimpleLocalProcessSpawner.home_dir_template; {userid} too
    std::string proto = "http";                        // https with internal_ssl
    std::string log_dir; // outputs of the servers: made 0700 when missing; empty: they write to the hub's stderr
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
    ~LocalProcessSpawner() override; // does not stop the server

    Result<Endpoint> choose_endpoint() override;
    Async<Endpoint> start(StartRequest request) override;
    Async<> stop(StopMode mode) override;
    Async<std::optional<int>> poll() override;
    [[nodiscard]] Json state() const override;
    Async<> load_state(Json state, std::optional<privileged::ProcessId> known) override;
    void on_exit(std::function<void(std::optional<int> status)> callback) override;
    [[nodiscard]] std::string last_output(std::size_t lines) const override;
    Task<std::optional<Progress>> next_progress(std::size_t index) override;
    [[nodiscard]] Diagnosis diagnose(Error const& error) const override;

  protected:
    // Where and as whom the server runs.
    struct Place {
        std::string account; // empty: the hub's own
        std::string directory;
        bool create_directory = false;
        std::uint32_t uid = 0;
        Environment env; // USER, HOME, SHELL: these win over the request's
    };
    virtual Async<Place> find_place();

    privileged::Helper& helper_;
    LocalServer const server_;
    LocalOptions const options_;

  private:
    struct Running; // what outlives this object: the process handle and its watcher
    Async<privileged::ProcessHandle> prepare(StartRequest const& request, Place const& place);
    Result<std::string> open_output();
    void adopt(privileged::ProcessHandle process);

    OnProcess on_process_;
    std::uint16_t port_ = 0;
    std::shared_ptr<Running> running_;
    std::shared_ptr<OutputFile> output_;
    bool command_ran_ = false;
};

class SimpleLocalProcessSpawner final : public LocalProcessSpawner {
  public:
    using LocalProcessSpawner::LocalProcessSpawner;

  protected:
    Async<Place> find_place() override;
};

// Names a row of configuration's JupyterHub.spawner_class may hold for these two.
[[nodiscard]] std::unique_ptr<Spawner> make_local_spawner(std::string_view class_name, privileged::Helper& helper,
                                                          LocalServer server, LocalOptions options,
                                                          OnProcess on_process);

} // namespace jhub::spawn

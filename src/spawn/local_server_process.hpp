// One server as a process of this machine: the work behind the local spawners. Shared by the spawner and by the
// coroutines it started, so that it lives as long as any of them.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "privileged/helper.hpp"
#include "spawn/local_process_spawner.hpp"
#include "spawn/output_file.hpp"

namespace jhub::spawn {

class LocalServerProcess : public std::enable_shared_from_this<LocalServerProcess> {
  public:
    LocalServerProcess(privileged::Helper& helper, LocalServer server, LocalOptions options, OnProcess on_process,
                       FindPlace find_place);

    Result<Endpoint> choose_endpoint();
    // Static and by value: the coroutine keeps the object alive.
    static Async<Endpoint> start(std::shared_ptr<LocalServerProcess> self, StartRequest request);
    static Async<> stop(std::shared_ptr<LocalServerProcess> self, StopMode mode);
    static Async<> load_state(std::shared_ptr<LocalServerProcess> self, Json state,
                              std::optional<privileged::ProcessId> known);
    void drop(); // the spawner is gone: nobody listens, a start under way ends

    [[nodiscard]] std::optional<int> exit_status() const; // as Spawner::poll()
    [[nodiscard]] Result<> check_listener(std::string const& ip, std::uint16_t port) const;
    [[nodiscard]] Json state() const;
    void on_exit(std::function<void(std::optional<int>)> callback) { on_exit_ = std::move(callback); }
    [[nodiscard]] std::string last_output(std::size_t lines) const;
    [[nodiscard]] Diagnosis diagnose(Error const& error) const;

  private:
    class StartUnderWay;
    Async<privileged::ProcessHandle> prepare(StartRequest request);
    Async<> let_run(privileged::ProcessHandle process);
    Async<> end(privileged::ProcessHandle process, StopMode mode);
    Result<> open_output();
    [[nodiscard]] bool running() const { return process_ && process_->running(); }
    static Task<> attend(std::shared_ptr<LocalServerProcess> self, privileged::ProcessHandle process);

    privileged::Helper& helper_;
    LocalServer const who_;
    LocalOptions const options_;
    OnProcess const on_process_;
    FindPlace const find_place_;

    std::uint16_t port_ = 0;
    privileged::ProcessHandle process_; // empty before the start and after the stop
    std::shared_ptr<OutputFile> output_;
    std::shared_ptr<Event> start_ended_; // while a start is under way
    bool stop_wanted_ = false;           // while a stop waits for the start to end
    bool dropped_ = false;
    bool command_ran_ = false;
    std::optional<int> last_status_; // of the last process, for the diagnosis
    std::function<void(std::optional<int>)> on_exit_;
};

} // namespace jhub::spawn

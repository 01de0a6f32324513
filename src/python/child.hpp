// A child process with a two-way channel on its descriptor 3. Ends with its owner, and with the thread that started it.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "base/descriptor.hpp"
#include "base/result.hpp"

namespace jhub::python {

class Child {
  public:
    // argv[0] is an absolute path; env are NAME=value texts. stdin, stdout and stderr are ours.
    static Result<Child> start(std::vector<std::string> const& argv, std::vector<std::string> const& env);
    // One that start(socket) starts in another way, and ends: it gets that end of the channel and tells the process id.
    static Result<Child> start_by(std::function<Result<int>(int socket)> const& start);

    Child(Child&& other) noexcept;
    Child& operator=(Child&&) = delete;
    ~Child(); // kills and reaps

    using Deadline = std::chrono::steady_clock::time_point;
    // Sends everything. Errc::timeout, or Errc::failed when the child has closed its end.
    Result<> send(std::string_view bytes, Deadline deadline);
    // Up to and without the next line end. Errc::timeout, Errc::too_large, Errc::failed when the child ends first.
    Result<std::string> receive_line(Deadline deadline, std::size_t limit);
    [[nodiscard]] int pid() const { return pid_; }
    // It is our own: then it can be killed, and reaped.
    [[nodiscard]] bool is_ours() const { return kind_ == Kind::ours; }
    // The end of the channel, no longer ours to close.
    [[nodiscard]] int take_channel();
    // Kills the child without waiting for its end; try_reap() tells how it ended, "" as long as it has not.
    void kill_now() const;
    std::string try_reap();
    // Kills the child if it still runs, waits a few seconds at most, and tells how it ended: "exit status 1", "signal
    // 11".
    std::string end();

  private:
    enum class Kind { ours, anothers };
    Child(int pid, Descriptor channel, Kind kind) : pid_(pid), channel_(std::move(channel)), kind_(kind) {}
    Result<> wait_for(short events, Deadline deadline) const;
    int pid_;
    Descriptor channel_;
    Kind kind_;
};

} // namespace jhub::python

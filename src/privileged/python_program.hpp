// The Python process of a configuration whose functions run as another account than the hub: root keeps what it is
// started with, and starts it again when it has ended or hangs. Why: docs/decisions/0014.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "base/descriptor.hpp"

namespace jhub::privileged {

// Settled before the hub gives up root.
struct PythonProgram {
    std::vector<std::string> command;     // the number of a descriptor with the request is put behind it
    std::vector<std::string> environment; // NAME=value
    Descriptor request; // what each new process evaluates and is told; a sealed file (base/sealed_file.hpp)
    pid_t running = 0;  // the one that runs already
    std::function<std::string()> objection; // asked as root before each start: why the file must not be read any more
};

// The supervisor's side: one process at a time.
class PythonKeeper {
  public:
    // request: the number that the program's has here.
    PythonKeeper(PythonProgram const& program, int request);

    struct Started {
        pid_t pid = 0;
        int error = 0; // errno; EAGAIN: too many starts in a short time
    };
    // Ends the former one. channel becomes the new one's descriptor 3.
    Started start(int channel);
    void end();

  private:
    bool may_start();
    [[noreturn]] void become(int channel, pid_t parent) const;

    PythonProgram const& program_;
    int request_;
    Descriptor pidfd_;
    double starts_left_;
    std::chrono::steady_clock::time_point counted_ = std::chrono::steady_clock::now();
};

} // namespace jhub::privileged

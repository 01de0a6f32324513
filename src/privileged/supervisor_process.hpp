// The supervisor's own side, and the packets it understands: both ends are the same program, forked.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "privileged/supervisor.hpp"

namespace jhub::privileged {

struct SupervisorRequest {
    enum class Kind : std::int32_t {
        start_helper,
        start_proxy,
        signal_proxy,
        remove_hub_pid_file,
        start_python,
        end_python
    };
    Kind kind = Kind::start_helper;
    std::int32_t pid = 0, signal = 0;                        // of signal_proxy
    std::array<char, Supervisor::longest_token + 1> token{}; // of start_proxy; ends with a NUL
};

struct SupervisorAnswer {
    std::int32_t value = 0; // the process; its pidfd goes along for a helper
    std::int32_t error = 0; // errno; 0: done
};

template <typename Packet> std::string_view bytes_of(Packet const& packet)
{
    return {reinterpret_cast<char const*>(&packet), sizeof packet};
}

// The size of a packet, 0 at the end, -1 after an error. A descriptor that came along is stored in received; surplus
// ones are closed and make it an error.
ssize_t receive_with_descriptor(int socket, void* bytes, std::size_t size, int& received);

// Whether that process's command line is the one of the proxy: program, or an interpreter and program.
[[nodiscard]] bool runs_program(int pid, std::string const& program);

// Serves the hub at the other end until it is gone. For a forked process, which never returns from it.
[[noreturn]] void supervise(SupervisorPlan const& plan, int channel);

} // namespace jhub::privileged

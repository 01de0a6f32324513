// What /proc tells about a process, as far as it is needed to know it again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace jhub::helper {

struct ProcessFacts {
    char state = '?'; // Z: it has ended and waits to be reaped
    int parent = 0;
    int session = 0;              // the pid of its session's leader
    std::uint64_t start_time = 0; // clock ticks after boot
    std::uint32_t uid = 0;        // real user id
};

// Nothing when there is no such process, or /proc hides it.
[[nodiscard]] std::optional<ProcessFacts> read_process(int pid);
// The two files of /proc/PID as text; separate so that odd command names can be tested.
[[nodiscard]] std::optional<ProcessFacts> parse_process(std::string_view stat, std::string_view status);

// All but the user id, from the first of the two: for who looks at every process there is.
[[nodiscard]] std::optional<ProcessFacts> parse_stat(std::string_view stat);

// A small file, its first so many bytes; empty when it cannot be read.
[[nodiscard]] std::string read_small_file(std::string const& path, std::size_t most = 8192);

[[nodiscard]] std::string const& boot_id();

} // namespace jhub::helper

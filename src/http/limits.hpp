// How much a stranger may send, and how slowly. Defaults are those of the threat model; each one is configurable.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace jhub::http {

struct Limits {
    // Heads. Too long a request line is 414, too many or too long headers are 431.
    std::size_t request_line = 8 * 1024;
    std::size_t header_block = 32 * 1024; // all header lines together, without the first line
    std::size_t header_count = 100;

    // Bodies. More than `body` bytes are 413.
    std::uint64_t body = 1024 * 1024;
    std::size_t chunk_line = 1024;        // a chunk's size line with its extensions
    std::size_t trailer_block = 8 * 1024; // trailers after the last chunk

    // Deadlines of a connection.
    std::chrono::milliseconds header_timeout{10'000}; // from the first byte of a head to its end
    std::chrono::milliseconds body_idle{30'000};      // between two pieces of a request's body
    std::chrono::milliseconds write_idle{30'000};     // for the client to take a piece of the response
    std::chrono::milliseconds keep_alive{65'000};     // between two requests
    std::chrono::milliseconds linger{2'000};          // reading on after an early refusal, so that it arrives
    std::chrono::milliseconds stop_grace{5'000};      // stop(): what still runs after that is cut off

    // Connections. Those above are accepted, told 503 and closed.
    std::size_t connections_per_ip = 256; // 0: no limit; behind a proxy every client has the proxy's address
    std::size_t connections = 0;          // 0: nine tenths of RLIMIT_NOFILE
};

} // namespace jhub::http

// What one worker counted. Only its own thread adds; the metrics page reads them from another.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <ctime>

namespace jhub::proxy {

// Steady, precise.
inline std::uint64_t steady_nanoseconds()
{
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(time.tv_nsec);
}

class Count {
  public:
    // One writer: cheaper than an atomic addition.
    void add(std::uint64_t by = 1)
    {
        value_.store(value_.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
    }
    [[nodiscard]] std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

  private:
    std::atomic<std::uint64_t> value_ = 0;
};

struct Counters {
    Count requests_web;
    Count requests_ws;
    std::array<Count, 600> requests_proxy; // by status
    Count routings;                        // find_target_for_req
    Count routing_nanoseconds;
    Count activity_updates; // last_activity_updating
    Count connections_open; // client side
    Count connections_closed;
    Count connections_refused; // over the limit
};

} // namespace jhub::proxy

// --memory-budget: what is given up, step by step, as memory runs out, so that the proxy is never killed for it.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>

#include "proxy/event_loop.hpp"

namespace jhub::proxy {

enum class Load : std::uint8_t {
    normal,
    no_keep_alive,  // from 85 %: connections end with their current request
    no_requests,    // from 92 %: new requests get a 503; the API and the health check go on
    no_connections, // from 97 %: nothing is accepted but for the API
};
using LoadLevel = std::atomic<Load>;

[[nodiscard]] Load load_of(std::uint64_t used_bytes, std::uint64_t budget_bytes);

// Memory of this process that is in RAM, in bytes.
[[nodiscard]] std::uint64_t resident_bytes();

// The lowest memory limit of this process's control groups (version 2, or the memory controller of version 1), in
// bytes; 0 when there is none. root: where /proc and /sys are.
[[nodiscard]] std::uint64_t memory_limit_of_control_group(std::filesystem::path const& root = "/");

// Looks several times a second. Lives on the loop's thread.
class OverloadWatch final : private TimerWheel::Entry {
  public:
    OverloadWatch(EventLoop& loop, LoadLevel& level, std::uint64_t budget_bytes,
                  std::function<std::uint64_t()> used = resident_bytes)
        : loop_(loop), level_(level), budget_(budget_bytes), used_(std::move(used))
    {
    }
    void start();

  private:
    void on_deadline() override;

    EventLoop& loop_;
    LoadLevel& level_;
    std::uint64_t budget_;
    std::function<std::uint64_t()> used_;
};

} // namespace jhub::proxy

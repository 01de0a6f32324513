// The helper's event loop: epoll and deadlines, one thread, nothing else.
#pragma once

#include <sys/epoll.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <unordered_map>
#include <utility>

#include "base/descriptor.hpp"

namespace jhub::helper {

class Loop {
  public:
    using Clock = std::chrono::steady_clock;
    using Timer = std::uint64_t; // 0 is no timer

    Loop();

    // Calls ready whenever the descriptor has one of the events (level triggered), or is hung up. One watch per
    // descriptor; watching it again replaces the first. Forget a descriptor before closing it.
    void watch(int fd, std::uint32_t events, std::function<void()> ready);
    void forget(int fd);

    Timer at(Clock::time_point when, std::function<void()> action);
    void cancel(Timer timer);

    void run(); // until stop()
    void stop() { stopped_ = true; }

  private:
    struct Watch {
        std::uint32_t generation;
        std::function<void()> ready;
    };
    void run_due_timers();
    [[nodiscard]] int patience() const;

    Descriptor epoll_;
    std::unordered_map<int, Watch> watches_;
    std::map<std::pair<Clock::time_point, Timer>, std::function<void()>> deadlines_;
    std::unordered_map<Timer, Clock::time_point> when_;
    std::uint32_t generation_ = 0; // tells an event for a closed descriptor from one for its successor
    Timer last_timer_ = 0;
    bool stopped_ = false;
};

} // namespace jhub::helper

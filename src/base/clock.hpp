// Wall-clock time with microseconds, behind an interface so that tests move it by hand. Deadlines do not use it: they
// use the steady clock of Asio's timers.
#pragma once

#include <chrono>

namespace jhub {

using Timestamp = std::chrono::sys_time<std::chrono::microseconds>;

class Clock {
  public:
    virtual ~Clock() = default;
    [[nodiscard]] virtual Timestamp now() const = 0;
};

[[nodiscard]] Clock const& system_clock();

// For tests: stands still until told.
class ManualClock final : public Clock {
  public:
    explicit ManualClock(Timestamp start) : now_(start) {}
    [[nodiscard]] Timestamp now() const override { return now_; }
    void advance(std::chrono::microseconds by) { now_ += by; }

  private:
    Timestamp now_;
};

} // namespace jhub

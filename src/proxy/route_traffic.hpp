// What went over one route, for the metrics. Made when the route is first used: most of a large table is idle.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

namespace jhub::proxy {

struct RouteTraffic {
    std::atomic<std::uint64_t> requests = 0;       // answered by the target
    std::atomic<std::uint64_t> nanoseconds = 0;    // from their heads to the end of their answers
    std::atomic<std::uint64_t> received_bytes = 0; // bodies and WebSockets, from clients
    std::atomic<std::uint64_t> sent_bytes = 0;

    void add(std::atomic<std::uint64_t> RouteTraffic::* what, std::uint64_t by)
    {
        (this->*what).fetch_add(by, std::memory_order_relaxed);
    }
};

// From any thread.
class LazyTraffic {
  public:
    LazyTraffic() = default;
    LazyTraffic(LazyTraffic const&) = delete;
    LazyTraffic& operator=(LazyTraffic const&) = delete;
    ~LazyTraffic() { std::unique_ptr<RouteTraffic> const last(place_.load(std::memory_order_acquire)); }

    [[nodiscard]] RouteTraffic& get() const
    {
        RouteTraffic* found = place_.load(std::memory_order_acquire);
        if (found != nullptr)
            return *found;
        auto fresh = std::make_unique<RouteTraffic>();
        if (place_.compare_exchange_strong(found, fresh.get(), std::memory_order_acq_rel))
            return *fresh.release();
        return *found; // another thread was first
    }
    // Null while nothing went over it.
    [[nodiscard]] RouteTraffic const* look() const { return place_.load(std::memory_order_acquire); }

  private:
    mutable std::atomic<RouteTraffic*> place_ = nullptr;
};

} // namespace jhub::proxy

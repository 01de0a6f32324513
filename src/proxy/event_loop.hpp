// The heart of a worker: epoll with edge triggering, one thread, one read buffer for all its connections. A bare loop
// instead of Asio, because here it measurably pays; see docs/decisions/0008-proxy-event-loop.md.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "proxy/timer_wheel.hpp"

namespace jhub::proxy {

// Something that must not be destroyed while its own code may be running: EventLoop::retire() destroys it later.
class Disposable {
  public:
    Disposable() = default;
    Disposable(Disposable const&) = delete;
    Disposable& operator=(Disposable const&) = delete;
    virtual ~Disposable() = default;

  private:
    friend class EventLoop;
    bool retired_ = false;
};

// Something with a descriptor in the loop. Destroy it only through EventLoop::retire(): events for it may be waiting.
class EventHandler : public Disposable {
  public:
    virtual void on_events(std::uint32_t events) = 0; // EPOLLIN …
};

// Something that wants to go on after others had their turn.
class Continuation {
  public:
    virtual void on_turn() = 0;

  protected:
    ~Continuation() = default;
};

class EventLoop {
  public:
    EventLoop();
    ~EventLoop();
    EventLoop(EventLoop const&) = delete;
    EventLoop& operator=(EventLoop const&) = delete;

    enum class Trigger { edge, level_shared }; // level_shared: one of several loops is woken (listeners)
    [[nodiscard]] bool watch(int descriptor, EventHandler& handler, Trigger trigger = Trigger::edge);
    void unwatch(int descriptor);
    // The object gets no more events and is destroyed at the end of the round.
    void retire(std::unique_ptr<Disposable> object);
    // Destroys what was retired. run() does so each round; whoever owns objects of a stopped loop calls it.
    void destroy_retired();

    // Called once in this round, or the next; forget() before it is destroyed.
    void give_turn(Continuation& continuation) { turns_.push_back(&continuation); }
    void forget(Continuation& continuation);

    void run();
    // From any thread.
    void stop();
    void post(std::function<void()> task);

    // Counts the waits. What one wait reported was there before anything was sent in the same round.
    [[nodiscard]] std::uint64_t round() const { return round_; }
    [[nodiscard]] std::int64_t now_ms() const { return now_ms_; }   // steady, of this round
    [[nodiscard]] std::int64_t wall_ms() const { return wall_ms_; } // since 1970, of this round
    [[nodiscard]] TimerWheel& timers() { return timers_; }
    // Shared by all connections of this loop: valid until the next read anywhere.
    [[nodiscard]] std::span<char> read_buffer() { return buffer_; }
    // Shared scratch for what is written next; empty it before use.
    [[nodiscard]] std::string& write_buffer() { return write_buffer_; }

  private:
    class Waker;
    void look_at_clocks();
    void take_turns();
    void run_posted();

    int epoll_ = -1;
    std::uint64_t round_ = 0;
    std::int64_t now_ms_ = 0;
    std::int64_t wall_ms_ = 0;
    TimerWheel timers_;
    std::vector<char> buffer_;
    std::string write_buffer_;
    std::vector<Continuation*> turns_;
    std::vector<std::unique_ptr<Disposable>> retired_;
    std::unique_ptr<Waker> waker_;
    std::atomic<bool> stopping_ = false;
    std::mutex posted_mutex_;
    std::vector<std::function<void()>> posted_;
};

} // namespace jhub::proxy

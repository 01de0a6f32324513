// The bounded queue between the threads that ask and a thread of the store that works.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <vector>

#include "store/unit.hpp"

namespace jhub::store {

enum class Effect {
    none,     // a read; one that shares the writer's connection is undone
    data,     // a write
    activity, // a write of nothing but times of activity
};

struct Job {
    Unit* unit = nullptr;
    Effect effect = Effect::none;
    std::move_only_function<void()> done; // called once, by the store's thread, when the unit's result is final
};

class WorkQueue {
  public:
    explicit WorkQueue(std::size_t limit) : limit_(limit) {}

    // False when the queue is full or closed; the job is then untouched.
    [[nodiscard]] bool push(Job& job);
    // At most `count` jobs, waiting for the first at most `patience`. Empty: nothing came, or closed and drained.
    [[nodiscard]] std::vector<Job> take(std::size_t count, std::chrono::milliseconds patience);
    // Waits until `more` jobs are here beside those that are now, or the patience is over.
    void gather(std::size_t more, std::chrono::microseconds patience);
    void close(); // what is queued is still handed out
    [[nodiscard]] bool drained() const;

  private:
    std::size_t const limit_;
    mutable std::mutex mutex_;
    std::condition_variable filled_;
    std::deque<Job> jobs_;
    bool closed_ = false;
    std::size_t wanted_ = 1; // that many wake the thread
};

} // namespace jhub::store

// Work that may block, crash or leak (PAM modules, the account database) runs in a process of its own, forked from the
// helper, with a deadline. At most so many at once; the rest wait in a queue that has an end. Whatever a worker has
// started ends with it: it takes in its own orphans, and stays until the helper has ended them.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "base/descriptor.hpp"
#include "helper/leftovers.hpp"
#include "helper/loop.hpp"
#include "privileged/types.hpp"

namespace jhub::helper {

inline constexpr int worker_answers = 3; // the descriptor that a worker answers on

struct WorkerResult {
    enum class How {
        answered,
        too_late, // killed, or never begun, at the deadline
        broke,    // ended without an answer; status tells how
        refused,  // the queue is full, or the system has no room
    };
    How how = How::refused;
    std::string answer;
    int status = 0; // of a broken one; negative for a signal
};

class Workers {
  public:
    struct Job {
        Loop::Clock::time_point deadline;
        std::function<std::string()> work; // in the forked process; the answer is one packet
        std::function<void(WorkerResult)> done;
    };

    // leftovers must outlive it.
    Workers(Loop& loop, Leftovers& leftovers, std::size_t at_once, std::size_t queue_limit)
        : loop_(loop), leftovers_(leftovers), at_once_(at_once), queue_limit_(queue_limit)
    {
    }
    void submit(Job job);

  private:
    struct Worker {
        privileged::ProcessId id;
        Descriptor pidfd, answers;
        std::function<void(WorkerResult)> done; // empty once called
        Loop::Timer deadline = 0;
    };
    void start(Job job);
    void start_next();
    void on_answer(std::shared_ptr<Worker> const& worker);
    void on_exit(std::shared_ptr<Worker> const& worker);
    void report(Worker& worker, WorkerResult result);
    void finish(std::shared_ptr<Worker> const& worker, WorkerResult result);
    void reap(std::shared_ptr<Worker> const& worker);
    void drop_late_ones();

    Loop& loop_;
    Leftovers& leftovers_;
    std::size_t at_once_, queue_limit_;
    std::deque<Job> queue_;
    std::unordered_map<int, std::shared_ptr<Worker>> running_;
};

} // namespace jhub::helper

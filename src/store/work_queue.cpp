#include "store/work_queue.hpp"

#include <algorithm>

namespace jhub::store {

bool WorkQueue::push(Job& job)
{
    {
        std::lock_guard const lock(mutex_);
        if (closed_ || jobs_.size() >= limit_)
            return false;
        jobs_.push_back(std::move(job));
        if (jobs_.size() < wanted_)
            return true;
    }
    filled_.notify_one();
    return true;
}

std::vector<Job> WorkQueue::take(std::size_t count, std::chrono::milliseconds patience)
{
    std::unique_lock lock(mutex_);
    filled_.wait_for(lock, patience, [this] { return closed_ || !jobs_.empty(); });
    std::vector<Job> taken;
    taken.reserve(std::min(count, jobs_.size()));
    while (!jobs_.empty() && taken.size() < count) {
        taken.push_back(std::move(jobs_.front()));
        jobs_.pop_front();
    }
    return taken;
}

void WorkQueue::gather(std::size_t more, std::chrono::microseconds patience)
{
    std::unique_lock lock(mutex_);
    wanted_ = jobs_.size() + more;
    filled_.wait_for(lock, patience, [this] { return closed_ || jobs_.size() >= wanted_; });
    wanted_ = 1;
}

void WorkQueue::close()
{
    {
        std::lock_guard const lock(mutex_);
        closed_ = true;
    }
    filled_.notify_all();
}

bool WorkQueue::drained() const
{
    std::lock_guard const lock(mutex_);
    return closed_ && jobs_.empty();
}

} // namespace jhub::store

// Who may connect: at most so many connections of one address that have not sent a whole request yet, so that nobody
// can fill the proxy by connecting and waiting. Behind one address may be a whole university: connections that have
// asked something do not count.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <unordered_map>

namespace jhub::proxy {

class Admission {
  public:
    // 0: no limit.
    explicit Admission(std::size_t most_of_an_address) : most_(most_of_an_address) {}

    // Counts it, unless there are too many. From any thread.
    [[nodiscard]] bool enter(std::string const& address)
    {
        if (most_ == 0)
            return true;
        std::scoped_lock const lock(mutex_);
        std::size_t& count = waiting_[address];
        if (count >= most_)
            return false;
        ++count;
        return true;
    }
    void leave(std::string const& address)
    {
        if (most_ == 0)
            return;
        std::scoped_lock const lock(mutex_);
        auto const found = waiting_.find(address);
        if (found != waiting_.end() && --found->second == 0)
            waiting_.erase(found);
    }
    [[nodiscard]] std::size_t addresses() const
    {
        std::scoped_lock const lock(mutex_);
        return waiting_.size();
    }

  private:
    std::size_t most_;
    mutable std::mutex mutex_;
    std::unordered_map<std::string, std::size_t> waiting_;
};

} // namespace jhub::proxy

// Descriptors held back for the moment there are no others: one is given up, and a connection can be accepted after
// all, to serve it (the API) or to refuse it in words instead of leaving it in the queue.
#pragma once

#include <fcntl.h>

#include <cstddef>
#include <vector>

#include "proxy/sockets.hpp"

namespace jhub::proxy {

class DescriptorReserve {
  public:
    explicit DescriptorReserve(std::size_t size) : size_(size) { refill(); }
    // False when nothing is left.
    [[nodiscard]] bool give_up_one()
    {
        if (held_.empty())
            return false;
        held_.pop_back();
        return true;
    }
    void refill()
    {
        while (held_.size() < size_) {
            Descriptor one(open("/dev/null", O_RDONLY | O_CLOEXEC));
            if (one.get() < 0)
                return;
            held_.push_back(std::move(one));
        }
    }

  private:
    std::size_t size_;
    std::vector<Descriptor> held_;
};

} // namespace jhub::proxy

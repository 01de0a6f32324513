// A file descriptor that closes itself.
#pragma once

#include <unistd.h>

#include <utility>

namespace jhub {

class Descriptor {
  public:
    Descriptor() = default;
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(Descriptor&& other) noexcept : number_(other.release()) {}
    Descriptor& operator=(Descriptor&& other) noexcept
    {
        std::swap(number_, other.number_);
        return *this;
    }
    ~Descriptor() { reset(); }

    [[nodiscard]] int get() const { return number_; }
    explicit operator bool() const { return number_ >= 0; }
    // It is the caller's to close from now on.
    [[nodiscard]] int release() { return std::exchange(number_, -1); }
    void reset()
    {
        if (number_ >= 0)
            ::close(release());
    }

  private:
    int number_ = -1;
};

} // namespace jhub

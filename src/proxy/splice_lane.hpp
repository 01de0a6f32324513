// Moves bytes of a large body from socket to socket inside the kernel (splice through a pipe), which halves the time
// they cost. Only for sockets without TLS and for bodies that are passed on as they are.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "proxy/channel.hpp"
#include "proxy/sockets.hpp"

namespace jhub::proxy {

class SpliceLane {
  public:
    // Null when the system has no pipe to spare: copy instead.
    [[nodiscard]] static std::unique_ptr<SpliceLane> make();

    struct Moved {
        Channel::Status status = Channel::Status::again; // of the reading side; failed also when the writing side broke
        std::uint64_t taken = 0;                         // bytes that left the reading side
    };
    // Empties the pipe, then takes up to `most` bytes more and passes on what the other side accepts.
    Moved move(Channel& from, Channel& to, std::uint64_t most);
    // Bytes taken but not yet passed on.
    [[nodiscard]] std::size_t inside() const { return inside_; }

  private:
    SpliceLane(Descriptor in, Descriptor out) : in_(std::move(in)), out_(std::move(out)) {}

    Descriptor in_;
    Descriptor out_;
    std::size_t inside_ = 0;
};

// Lanes to reuse; a worker has one such pool.
class SpliceLanes {
  public:
    [[nodiscard]] std::unique_ptr<SpliceLane> take();
    void give(std::unique_ptr<SpliceLane> lane);

  private:
    static constexpr std::size_t most_kept = 32;
    std::vector<std::unique_ptr<SpliceLane>> kept_;
};

// Below this, copying is cheaper than two system calls more.
inline constexpr std::uint64_t worth_splicing = 64 * 1024;

} // namespace jhub::proxy

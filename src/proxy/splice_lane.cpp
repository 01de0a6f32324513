#include "proxy/splice_lane.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace jhub::proxy {
namespace {

constexpr int pipe_bytes = 256 * 1024;

} // namespace

std::unique_ptr<SpliceLane> SpliceLane::make()
{
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_NONBLOCK | O_CLOEXEC) != 0)
        return nullptr;
    fcntl(ends[1], F_SETPIPE_SZ, pipe_bytes); // refused for users over their share; the default size works too
    return std::unique_ptr<SpliceLane>(new SpliceLane(Descriptor(ends[1]), Descriptor(ends[0])));
}

SpliceLane::Moved SpliceLane::move(Channel& from, Channel& to, std::uint64_t most)
{
    Moved result;
    if (inside_ == 0 && most > 0) {
        auto const [status, count] = from.splice_in(in_.get(), std::min<std::uint64_t>(most, pipe_bytes));
        result = {status, count};
        inside_ = count;
    }
    while (inside_ > 0) {
        auto const [status, count] = to.splice_out(out_.get(), inside_);
        if (status == Channel::Status::again)
            break;
        if (status != Channel::Status::ok) {
            result.status = Channel::Status::failed;
            break;
        }
        inside_ -= count;
    }
    return result;
}

std::unique_ptr<SpliceLane> SpliceLanes::take()
{
    if (kept_.empty())
        return SpliceLane::make();
    auto lane = std::move(kept_.back());
    kept_.pop_back();
    return lane;
}

void SpliceLanes::give(std::unique_ptr<SpliceLane> lane)
{
    if (lane != nullptr && lane->inside() == 0 && kept_.size() < most_kept)
        kept_.push_back(std::move(lane));
}

} // namespace jhub::proxy

#include "helper/loop.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

namespace jhub::helper {
namespace {

std::uint64_t tag(int fd, std::uint32_t generation)
{
    return static_cast<std::uint64_t>(generation) << 32 | static_cast<std::uint32_t>(fd);
}

} // namespace

Loop::Loop() : epoll_(epoll_create1(EPOLL_CLOEXEC))
{
    if (!epoll_)
        throw std::system_error(errno, std::generic_category(), "epoll_create1");
}

void Loop::watch(int fd, std::uint32_t events, std::function<void()> ready)
{
    bool const replaces = watches_.contains(fd);
    std::uint32_t const generation = ++generation_;
    epoll_event event{.events = events, .data = {.u64 = tag(fd, generation)}};
    if (epoll_ctl(epoll_.get(), replaces ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event) != 0)
        throw std::system_error(errno, std::generic_category(), "epoll_ctl");
    watches_[fd] = {generation, std::move(ready)};
}

void Loop::forget(int fd)
{
    if (watches_.erase(fd) > 0)
        epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
}

Loop::Timer Loop::at(Clock::time_point when, std::function<void()> action)
{
    Timer const timer = ++last_timer_;
    deadlines_.emplace(std::pair(when, timer), std::move(action));
    when_.emplace(timer, when);
    return timer;
}

void Loop::cancel(Timer timer)
{
    if (auto const found = when_.find(timer); found != when_.end()) {
        deadlines_.erase({found->second, timer});
        when_.erase(found);
    }
}

int Loop::patience() const
{
    if (deadlines_.empty())
        return -1;
    auto const left = std::chrono::ceil<std::chrono::milliseconds>(deadlines_.begin()->first.first - Clock::now());
    return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
}

void Loop::run_due_timers()
{
    while (!deadlines_.empty() && deadlines_.begin()->first.first <= Clock::now()) {
        auto const action = std::move(deadlines_.begin()->second);
        when_.erase(deadlines_.begin()->first.second);
        deadlines_.erase(deadlines_.begin());
        action();
    }
}

void Loop::run()
{
    std::array<epoll_event, 64> events;
    while (!stopped_) {
        int const count = epoll_wait(epoll_.get(), events.data(), events.size(), patience());
        if (count < 0 && errno != EINTR)
            throw std::system_error(errno, std::generic_category(), "epoll_wait");
        for (int i = 0; i < count && !stopped_; ++i) {
            auto const found = watches_.find(static_cast<int>(events[i].data.u64 & 0xffffffff));
            if (found == watches_.end() || found->second.generation != events[i].data.u64 >> 32)
                continue;                           // forgotten by an earlier event of this round
            auto const ready = found->second.ready; // a copy: it may forget itself
            ready();
        }
        run_due_timers();
    }
}

} // namespace jhub::helper

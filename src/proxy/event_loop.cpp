#include "proxy/event_loop.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <stdexcept>

namespace jhub::proxy {
namespace {

constexpr std::size_t read_buffer_bytes = 64 * 1024;
constexpr int events_per_round = 256;

std::int64_t milliseconds(clockid_t clock)
{
    timespec time{};
    clock_gettime(clock, &time);
    return static_cast<std::int64_t>(time.tv_sec) * 1000 + time.tv_nsec / 1'000'000;
}

} // namespace

// An eventfd through which other threads end a wait.
class EventLoop::Waker final : public EventHandler {
  public:
    Waker() : descriptor(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}
    ~Waker() override { close(descriptor); }
    void on_events(std::uint32_t) override
    {
        std::uint64_t count = 0;
        [[maybe_unused]] auto const got = read(descriptor, &count, sizeof count);
        fired = true;
    }
    void wake() const
    {
        std::uint64_t const one = 1;
        [[maybe_unused]] auto const put = write(descriptor, &one, sizeof one);
    }
    int const descriptor;
    bool fired = false;
};

EventLoop::EventLoop()
    : epoll_(epoll_create1(EPOLL_CLOEXEC)), timers_(milliseconds(CLOCK_MONOTONIC)), buffer_(read_buffer_bytes),
      waker_(std::make_unique<Waker>())
{
    if (epoll_ < 0 || waker_->descriptor < 0 || !watch(waker_->descriptor, *waker_))
        throw std::runtime_error("cannot make an event loop: out of file descriptors");
    look_at_clocks();
}

EventLoop::~EventLoop() { close(epoll_); }

bool EventLoop::watch(int descriptor, EventHandler& handler, Trigger trigger)
{
    epoll_event event{};
    event.events = trigger == Trigger::edge ? EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET : EPOLLIN | EPOLLEXCLUSIVE;
    event.data.ptr = &handler;
    return epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) == 0;
}

void EventLoop::unwatch(int descriptor) { epoll_ctl(epoll_, EPOLL_CTL_DEL, descriptor, nullptr); }

void EventLoop::retire(std::unique_ptr<Disposable> object)
{
    if (object == nullptr)
        return;
    object->retired_ = true;
    retired_.push_back(std::move(object));
}

void EventLoop::destroy_retired()
{
    while (!retired_.empty()) // destroying one may retire another
        std::exchange(retired_, {}).clear();
}

void EventLoop::forget(Continuation& continuation) { std::ranges::replace(turns_, &continuation, nullptr); }

void EventLoop::look_at_clocks()
{
    now_ms_ = milliseconds(CLOCK_MONOTONIC_COARSE);
    wall_ms_ = milliseconds(CLOCK_REALTIME_COARSE);
}

void EventLoop::take_turns()
{
    auto const count = turns_.size(); // those added meanwhile wait for the next round
    for (std::size_t i = 0; i < count; ++i)
        if (Continuation* const continuation = std::exchange(turns_[i], nullptr))
            continuation->on_turn();
    turns_.erase(turns_.begin(), turns_.begin() + static_cast<std::ptrdiff_t>(count));
}

void EventLoop::run_posted()
{
    std::vector<std::function<void()>> tasks;
    {
        std::scoped_lock const lock(posted_mutex_);
        tasks.swap(posted_);
    }
    for (auto const& task : tasks)
        task();
}

void EventLoop::run()
{
    std::array<epoll_event, events_per_round> events{};
    while (!stopping_.load(std::memory_order_relaxed)) {
        int const patience = turns_.empty() ? timers_.wait_ms(now_ms_) : 0;
        int const count = epoll_wait(epoll_, events.data(), events_per_round, patience);
        if (count < 0 && errno != EINTR)
            throw std::runtime_error("epoll_wait failed");
        ++round_;
        look_at_clocks();
        for (int i = 0; i < count; ++i) {
            auto* const handler = static_cast<EventHandler*>(events[static_cast<std::size_t>(i)].data.ptr);
            if (!handler->retired_)
                handler->on_events(events[static_cast<std::size_t>(i)].events);
        }
        take_turns();
        timers_.advance(now_ms_);
        if (std::exchange(waker_->fired, false))
            run_posted();
        destroy_retired();
    }
}

void EventLoop::stop()
{
    stopping_.store(true, std::memory_order_relaxed);
    waker_->wake();
}

void EventLoop::post(std::function<void()> task)
{
    {
        std::scoped_lock const lock(posted_mutex_);
        posted_.push_back(std::move(task));
    }
    waker_->wake();
}

} // namespace jhub::proxy

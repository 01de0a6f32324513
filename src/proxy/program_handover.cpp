// The part of the program that gives its place to a new process of the same program, and the other end of it.
#include "proxy/program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <future>

#include <fmt/format.h>

#include "base/log.hpp"
#include "proxy/program_names.hpp"
#include "proxy/service_manager.hpp"

namespace jhub::proxy {
namespace {

constexpr int start_patience_ms = 30'000;

// The successor writes a byte when it serves; its end without one closes the channel.
Result<> wait_until_ready(int channel)
{
    pollfd waiting{channel, POLLIN, 0};
    int answered = 0;
    do
        answered = poll(&waiting, 1, start_patience_ms);
    while (answered < 0 && errno == EINTR);
    char byte = 0;
    if (answered != 1)
        return fail(Errc::timeout, "the new process does not become ready");
    if (read(channel, &byte, 1) != 1)
        return fail(Errc::failed, "the new process ended at its start; its message is above");
    return {};
}

} // namespace

void Program::on_control(std::function<void()> task)
{
    std::promise<void> done;
    control_->loop().post([&] {
        task();
        done.set_value();
    });
    done.get_future().wait();
}

// From here until resume_control() no route changes. What callers send meanwhile waits for the successor.
Result<Legacy> Program::stop_control()
{
    Legacy legacy;
    Result<> kept;
    on_control([&] {
        control_->stop_listening();
        api_->set_state(ControlApi::State::handed_over);
        control_->end_idle_connections();
        if (route_file_ != nullptr)
            route_file_->save_now();
        legacy.routes = table_.saved();
        for (auto const& [what, keys] : certificates_.ticket_keys())
            if (kept)
                kept = legacy.keep(what + ticket_keys_suffix,
                                   {reinterpret_cast<char const*>(keys.data()), keys.size()}); // NOLINT: bytes
    });
    CHECK(kept);
    for (auto const& [what, descriptor] : bound_)
        legacy.descriptors.emplace_back(what, descriptor);
    if (route_file_ != nullptr) {
        legacy.descriptors.emplace_back(routes_file_name, route_file_->store().file());
        legacy.descriptors.emplace_back(routes_copy_name, route_file_->store().copy());
    }
    if (pid_file_.get() >= 0)
        legacy.descriptors.emplace_back(pid_file_name, pid_file_.get());
    legacy.descriptors.emplace_back(monitor_name, monitor_->channel());
    for (auto const& receiver : from_predecessors_)
        legacy.descriptors.emplace_back(predecessor_name, receiver->channel());
    return legacy;
}

void Program::resume_control()
{
    on_control([this] {
        api_->set_state(ControlApi::State::open);
        control_->listen_again();
    });
}

Result<> Program::hand_over()
{
    if (monitor_ == nullptr)
        return fail(Errc::invalid_state, "this process cannot start another one");
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
        return fail(Errc::failed, fmt::format("cannot make a socket pair: {}", std::strerror(errno)));
    Descriptor ready(ends[0]);
    Descriptor its_end(ends[1]);

    auto const handed_over_at =
        std::chrono::floor<std::chrono::milliseconds>(system_clock().now()).time_since_epoch().count();
    auto const started = [&]() -> Result<int> {
        TRY(Legacy legacy, stop_control());
        legacy.descriptors.emplace_back(ready_name, its_end.get());
        TRY(Descriptor const description, describe(legacy));
        std::vector<int> numbers{description.get()};
        for (auto const& [name, number] : legacy.descriptors)
            numbers.push_back(number);
        TRY(int const pid, monitor_->start_successor(numbers));
        its_end = Descriptor();
        if (auto const serves = wait_until_ready(ready.get()); !serves) {
            kill(pid, SIGKILL);
            return std::unexpected(serves.error());
        }
        return pid;
    }();
    if (!started) {
        resume_control();
        return std::unexpected(started.error());
    }
    remove_on_stop_.clear(); // they are the successor's
    pid_file_ = Descriptor();
    for (auto const& worker : workers_)
        worker->loop().post([&each = *worker] { each.drain(); });
    on_control([this] {
        route_file_.reset();
        control_->drain();
        for (auto const& receiver : from_predecessors_)
            receiver->stop();
    });
    to_successor_ = std::make_unique<ActivityReporter>(std::move(ready), handed_over_at);
    if (is_main_process(getpid()))
        tell_main_process(*started);
    log::info("Process {} has taken over; {} connections go on here, for at most {} seconds", *started, connections(),
              options_.drain_seconds);
    return {};
}

void Program::announce_to_predecessor()
{
    auto predecessors = inherited_.take(predecessor_name);
    if (Descriptor ready = inherited_.take_one(ready_name); ready.get() >= 0) {
        (void)!write(ready.get(), "!", 1);
        predecessors.push_back(std::move(ready));
    }
    for (auto& channel : predecessors)
        from_predecessors_.push_back(std::make_unique<ActivityReceiver>(control_->loop(), table_, std::move(channel)));
    for (auto const& receiver : from_predecessors_)
        if (!control_->loop().watch(receiver->channel(), *receiver))
            log::warning("the predecessor's activity will not be known: {}", std::strerror(errno));
}

void Program::report_activity()
{
    on_control([this] { to_successor_->report(table_); });
}

} // namespace jhub::proxy

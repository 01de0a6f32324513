#include "privileged/connection.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "base/log.hpp"
#include "base/packets.hpp"
#include "privileged/helper_program.hpp"

namespace jhub::privileged {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds first_restart_delay = 50ms;
constexpr std::chrono::milliseconds longest_restart_delay = 30s;
constexpr std::chrono::milliseconds healthy_life = 10s; // a helper that lived this long starts the back-off anew

// Whose process a request asks for.
std::string user_of(wire::Message const& message)
{
    if (auto const* prepare = std::get_if<wire::Prepare>(&message))
        return prepare->user;
    auto const* watch = std::get_if<wire::Watch>(&message);
    return watch != nullptr ? watch->user : std::string();
}

Error lost() { return {Errc::unavailable, "The helper program was restarted; try again.", "helper died"}; }

} // namespace

struct HelperConnection::Waiter {
    Event done;
    std::optional<Answer> answer;
};

HelperConnection::HelperConnection(asio::any_io_executor executor, HelperOptions options)
    : executor_(executor), options_(std::move(options)), restart_timer_(executor)
{
    options_.policy.open_files = soft_open_files();
}

HelperConnection::~HelperConnection() { close(); }

Result<> HelperConnection::start()
{
    TRY(StartedHelper const helper, start_helper(options_));
    pid_ = helper.pid;
    socket_.emplace(executor_, helper.socket);
    pidfd_.emplace(executor_, helper.pidfd);
    started_at_ = std::chrono::steady_clock::now();
    listen();
    up_->set();
    return {};
}

void HelperConnection::close()
{
    if (std::exchange(closed_, true))
        return;
    restart_timer_.cancel();
    drop_socket(); // which tells the helper to end
    if (!pidfd_)
        return;
    pollfd query{pidfd_->native_handle(), POLLIN, 0};
    if (poll(&query, 1, 1000) != 1)
        ::kill(pid_, SIGKILL); // not reaped yet, so the number is still its own
    waitpid(pid_, nullptr, 0);
    pidfd_.reset();
    pid_ = 0;
}

// ---- requests ----

Result<std::uint32_t> HelperConnection::post(wire::Message message, Descriptor descriptor, OnAnswer on_answer)
{
    std::uint32_t const request = ++last_request_ != 0 ? last_request_ : ++last_request_; // 0 is for events
    wire::Packet packet{request, std::move(message)};
    auto bytes = wire::encode(packet);
    if (auto* login = std::get_if<wire::Authenticate>(&packet.message)) {
        wire::wipe(login->password);
        wire::wipe(login->otp);
    }
    if (!bytes)
        return std::unexpected(bytes.error());
    outgoing_.push_back({std::move(*bytes), std::move(descriptor)});
    in_flight_.emplace(request, std::move(on_answer));
    flush();
    return request;
}

Async<HelperConnection::Answer> HelperConnection::exchange(wire::Message message, std::chrono::milliseconds patience,
                                                           Descriptor descriptor)
{
    auto const self = shared_from_this();
    if (!socket_ && !closed_) {
        std::shared_ptr<Event> const up = up_;
        co_await up->wait(options_.restart_patience);
    }
    if (!socket_ || in_flight_.size() >= max_in_flight)
        co_return fail(Errc::unavailable, socket_ ? "Too many requests at once; try again in a moment."
                                                  : "The helper program is not running; try again in a moment.");
    bool const prepares = std::holds_alternative<wire::Prepare>(message);
    auto const waiter = std::make_shared<Waiter>();
    auto const posted = post(std::move(message), std::move(descriptor), [waiter](Answer answer) {
        waiter->answer = std::move(answer);
        waiter->done.set();
    });
    CO_CHECK(posted);
    co_await waiter->done.wait(patience);
    if (waiter->answer)
        co_return std::move(*waiter->answer);
    prepares ? abandon(*posted) : void(in_flight_.erase(*posted));
    co_return fail(Errc::timeout, "The helper program does not answer in time.");
}

Async<wire::Message> HelperConnection::call(wire::Message message, std::chrono::milliseconds patience,
                                            Descriptor descriptor)
{
    CO_TRY(Answer answer, co_await exchange(std::move(message), patience, std::move(descriptor)));
    co_return std::move(answer.message);
}

Async<ProcessHandle> HelperConnection::call_for_process(wire::Message message, std::chrono::milliseconds patience,
                                                        Descriptor descriptor)
{
    std::string const user = user_of(message);
    CO_TRY(Answer answer, co_await exchange(std::move(message), patience, std::move(descriptor)));
    if (!answer.message)
        co_return std::unexpected(answer.message.error());
    if (!answer.process)
        co_return fail(Errc::failed, "The helper program gave a wrong answer.");
    answer.process->user_ = user;
    co_return std::move(answer.process);
}

// ---- the socket ----

bool HelperConnection::send_one(Outgoing const& packet)
{
    // Errors other than "full" mean that the helper died; the reader notices and answers everybody.
    int const descriptor = packet.descriptor.get();
    return send_packet(socket_->native_handle(), packet.bytes, one_or_none(descriptor), MSG_DONTWAIT) >= 0 ||
           errno != EAGAIN;
}

void HelperConnection::flush()
{
    while (socket_ && !write_pending_ && !outgoing_.empty()) {
        if (!send_one(outgoing_.front())) {
            write_pending_ = true;
            socket_->async_wait(asio::posix::descriptor_base::wait_write,
                                [weak = weak_from_this()](boost::system::error_code error) {
                                    auto const self = weak.lock();
                                    if (!self || error)
                                        return;
                                    self->write_pending_ = false;
                                    self->flush();
                                });
            return;
        }
        wire::wipe(outgoing_.front().bytes); // there may have been a password in it
        outgoing_.pop_front();
    }
}

void HelperConnection::listen()
{
    socket_->async_wait(asio::posix::descriptor_base::wait_read,
                        [weak = weak_from_this()](boost::system::error_code error) {
                            auto const self = weak.lock();
                            if (!self || error)
                                return;
                            // A bounded number, so that the hub's other work gets its turn.
                            for (int i = 0; i < 64 && self->socket_; ++i)
                                if (!self->receive_one())
                                    break;
                            if (self->socket_)
                                self->listen();
                        });
}

// False when there is nothing (more) to read.
bool HelperConnection::receive_one()
{
    ssize_t const size = recv(socket_->native_handle(), buffer_.data(), buffer_.size(), MSG_DONTWAIT | MSG_TRUNC);
    if (size < 0 && (errno == EAGAIN || errno == EINTR))
        return false;
    auto packet = size <= 0 || static_cast<std::size_t>(size) > buffer_.size()
                      ? fail(Errc::unavailable, "closed")
                      : wire::decode({buffer_.data(), static_cast<std::size_t>(size)});
    if (!packet) {
        on_down();
        return false;
    }
    on_packet(std::move(*packet));
    return true;
}

void HelperConnection::on_packet(wire::Packet packet)
{
    if (auto const* exited = std::get_if<wire::Exited>(&packet.message))
        return mark_exited(exited->pid, exited->status_known ? std::optional(exited->status) : std::nullopt);
    // Remembered before its coroutine runs again: its exit may be the next packet.
    auto const* watched = std::get_if<wire::Watched>(&packet.message);
    ProcessHandle const process = watched != nullptr ? remember(*watched) : nullptr;
    auto const found = in_flight_.find(packet.request);
    if (found == in_flight_.end()) // whoever asked has lost patience
        return;
    OnAnswer const on_answer = std::move(found->second);
    in_flight_.erase(found);
    if (auto* failed = std::get_if<wire::Failed>(&packet.message))
        return on_answer(
            {std::unexpected(Error{failed->code, std::move(failed->message), std::move(failed->detail)}), {}});
    on_answer({std::move(packet.message), process});
}

// ---- processes ----

ProcessHandle HelperConnection::find(int pid) const
{
    auto const found = processes_.find(pid);
    return found != processes_.end() ? found->second : nullptr;
}

ProcessHandle HelperConnection::remember(wire::Watched const& watched)
{
    ProcessHandle& slot = processes_[watched.id.pid];
    if (!slot || slot->id() != watched.id)
        slot = std::make_shared<Process>(watched.id);
    return slot;
}

// Nobody waits for the process of this request any more: it must not wait for its release either.
void HelperConnection::abandon(std::uint32_t request)
{
    if (auto const found = in_flight_.find(request); found != in_flight_.end())
        found->second = [weak = weak_from_this()](Answer answer) {
            auto const self = weak.lock();
            if (!self || !answer.process)
                return;
            wire::Signal const end{answer.process->id(), SIGKILL};
            auto const posted = self->post(end, {}, [](Answer const&) {});
            if (!posted) // the helper does it itself, later
                log::warning("Cannot end process {}: {}", end.id.pid, posted.error().message);
        };
}

void HelperConnection::mark_exited(int pid, std::optional<int> status)
{
    auto const found = processes_.find(pid);
    if (found == processes_.end())
        return;
    ProcessHandle const process = found->second;
    processes_.erase(found);
    // Nobody reaps an orphan when the hub is process 1 of a container, except the hub; then it knows the status too.
    siginfo_t info{};
    if (!status && waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG) == 0 && info.si_pid == pid)
        status = info.si_code == CLD_EXITED ? info.si_status : -info.si_status;
    process->status_ = status;
    process->gone_.set();
    if (on_exit_)
        on_exit_(process->id(), status);
}

// ---- the helper's death ----

void HelperConnection::drop_socket()
{
    pid_t const pid = pid_;
    socket_.reset();
    write_pending_ = false;
    if (up_->is_set())
        up_ = std::make_shared<Event>();
    outgoing_.clear();
    for (auto const in_flight = std::exchange(in_flight_, {}); auto const& [request, on_answer] : in_flight)
        on_answer({std::unexpected(lost()), {}});
    if (!closed_)
        log::error("The helper program (pid {}) died. Servers run on; it is started again.", pid);
}

void HelperConnection::on_down()
{
    drop_socket();
    reap_helper();
    restart_later();
}

void HelperConnection::reap_helper()
{
    // Shared, because the next helper may start before this one has ended.
    auto const pidfd = std::make_shared<asio::posix::stream_descriptor>(std::move(*pidfd_));
    pidfd_.reset();
    pid_t const pid = std::exchange(pid_, 0);
    ::kill(pid, SIGKILL); // in case it only closed its socket
    pidfd->async_wait(asio::posix::descriptor_base::wait_read,
                      [pidfd, pid](boost::system::error_code) { waitpid(pid, nullptr, WNOHANG); });
}

void HelperConnection::restart_later()
{
    bool const was_healthy = std::chrono::steady_clock::now() - started_at_ > healthy_life;
    restart_delay_ = was_healthy || restart_delay_ == 0ms ? first_restart_delay
                                                          : std::min(restart_delay_ * 2, longest_restart_delay);
    restart_timer_.expires_after(restart_delay_);
    restart_timer_.async_wait([weak = weak_from_this()](boost::system::error_code error) {
        auto const self = weak.lock();
        if (self && !error && !self->closed_)
            self->restart();
    });
}

void HelperConnection::restart()
{
    if (auto const started = start(); !started) {
        log::error("{} The next try is in a moment.", started.error().message);
        started_at_ = std::chrono::steady_clock::now();
        return restart_later();
    }
    log::info("The helper program runs again (pid {}); it watches {} processes.", pid_, processes_.size());
    watch_again();
}

// These go out before any other request, whose coroutines only run later.
void HelperConnection::watch_again()
{
    auto const known = processes_;
    for (auto const& [pid, process] : known) {
        auto const posted =
            post(wire::Watch{process->id(), process->user_}, {}, [weak = weak_from_this(), pid](Answer answer) {
                auto const self = weak.lock();
                if (!self || answer.message)
                    return;
                if (answer.message.error().code == Errc::not_found)
                    self->mark_exited(pid, std::nullopt);
                else
                    log::error("Cannot watch process {} again: {}", pid, answer.message.error().message);
            });
        if (!posted)
            log::error("Cannot watch process {} again: {}", pid, posted.error().message);
    }
}

} // namespace jhub::privileged

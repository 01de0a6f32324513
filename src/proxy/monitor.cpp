#include "proxy/monitor.hpp"

#include <fcntl.h>
#include <signal.h> // NOLINT: POSIX
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>

#include <fmt/format.h>

#include "base/log.hpp"
#include "base/packets.hpp"
#include "proxy/privileges.hpp"
#include "proxy/service_manager.hpp"

namespace jhub::proxy {
namespace {

constexpr char ask_open = 'o';
constexpr char ask_start = 's';
constexpr std::size_t largest_message = 4096;
constexpr std::string_view monitor_title = "chp-monitor";

struct Message {
    std::string text;
    std::vector<Descriptor> descriptors;
};

bool send_message(int channel, std::string_view text, std::vector<int> const& descriptors)
{
    return send_packet(channel, text, descriptors) == static_cast<ssize_t>(text.size());
}

// Nothing when the other side is gone.
std::optional<Message> receive_message(int channel)
{
    Message result{std::string(largest_message, '\0'), {}};
    std::vector<int> numbers;
    ssize_t got = 0;
    do
        got = receive_packet(channel, result.text, numbers);
    while (got < 0 && errno == EINTR);
    if (got <= 0)
        return std::nullopt;
    result.text.resize(static_cast<std::size_t>(got));
    for (int const number : numbers)
        result.descriptors.emplace_back(number);
    return result;
}

std::string as_text(int number) { return std::to_string(number); }
int as_number(std::string const& text) { return std::atoi(text.c_str()); }

// --- the monitor's own side

[[noreturn]] void become_successor(MonitorPlan const& plan, std::vector<Descriptor> const& descriptors)
{
    if (std::getenv(main_process_variable) != nullptr)               // NOLINT: one thread
        setenv(main_process_variable, as_text(getpid()).c_str(), 1); // NOLINT: one thread
    std::string numbers;
    for (auto const& descriptor : descriptors) {
        fcntl(descriptor.get(), F_SETFD, 0); // stays open over exec
        numbers += (numbers.empty() ? "" : ",") + std::to_string(descriptor.get());
    }
    setenv(handover_variable, numbers.c_str(), 1); // NOLINT: one thread
    signal(SIGCHLD, SIG_DFL);
    std::vector<char*> argv{const_cast<char*>(plan.program.c_str())}; // NOLINT: C interface
    for (auto const& argument : plan.arguments)
        argv.push_back(const_cast<char*>(argument.c_str())); // NOLINT: C interface
    argv.push_back(nullptr);
    // Opened first: the program may lie where only root may look.
    int const program = open(plan.program.c_str(), O_RDONLY | O_CLOEXEC);
    if (geteuid() == 0 && !plan.user.empty()) {
        if (auto const became = become_user(plan.user); !became) {
            log::error("{}", became.error().message);
            _exit(1);
        }
    }
    execv(plan.program.c_str(), argv.data());
    if (errno == EACCES && program >= 0)
        fexecve(program, argv.data(), environ);
    log::error("cannot run {}: {}", plan.program, std::strerror(errno));
    _exit(1);
}

void serve_start(int channel, MonitorPlan const& plan, std::vector<Descriptor> const& descriptors)
{
    pid_t const child = fork();
    if (child == 0)
        become_successor(plan, descriptors);
    send_message(channel, as_text(child < 0 ? -errno : child), {});
}

void serve_open(int channel, MonitorPlan const& plan, std::string const& path)
{
    bool const allowed = std::ranges::find(plan.readable, path) != plan.readable.end();
    Descriptor const file(allowed ? open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY) : -1);
    if (file.get() >= 0)
        send_message(channel, as_text(0), {file.get()});
    else
        send_message(channel, as_text(allowed ? errno : EACCES), {});
}

[[noreturn]] void run_monitor(int channel, MonitorPlan const& plan)
{
    signal(SIGCHLD, SIG_IGN); // successors are nobody's to wait for
    forbid_inspection();
    if (auto const restricted = restrict_system_calls(Programs::allowed); !restricted)
        log::debug("the monitor: {}", restricted.error().message); // the proxy warns of the same
    while (auto const message = receive_message(channel)) {
        if (message->text.front() == ask_start)
            serve_start(channel, plan, message->descriptors);
        else if (message->text.front() == ask_open)
            serve_open(channel, plan, message->text.substr(1));
    }
    _exit(0);
}

void show_title(std::pair<char*, std::size_t> title)
{
    prctl(PR_SET_NAME, monitor_title.data());
    std::memset(title.first, 0, title.second);
    monitor_title.copy(title.first, title.second > 0 ? title.second - 1 : 0);
}

} // namespace

Result<Descriptor> Monitor::launch(MonitorPlan const& plan, std::pair<char*, std::size_t> title)
{
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
        return fail(Errc::failed, fmt::format("cannot make a socket pair: {}", std::strerror(errno)));
    Descriptor ours(ends[0]);
    Descriptor const its(ends[1]);
    pid_t const child = fork();
    if (child < 0)
        return fail(Errc::failed, fmt::format("cannot start the monitor: {}", std::strerror(errno)));
    if (child == 0) {
        ours = Descriptor();
        if (!is_main_process(getppid()))
            unsetenv(main_process_variable); // NOLINT: one thread
        show_title(title);
        run_monitor(its.get(), plan);
    }
    return ours;
}

Descriptor Monitor::open(std::string const& path)
{
    std::scoped_lock const lock(mutex_);
    std::optional<Message> reply;
    if (send_message(channel_.get(), ask_open + path, {}))
        reply = receive_message(channel_.get());
    if (!reply || reply->descriptors.empty()) {
        errno = reply ? as_number(reply->text) : EPIPE;
        return Descriptor();
    }
    return std::move(reply->descriptors.front());
}

Result<int> Monitor::start_successor(std::vector<int> const& descriptors)
{
    if (descriptors.size() > most_descriptors)
        return fail(Errc::failed, fmt::format("too many sockets to hand over: {}", descriptors.size()));
    std::scoped_lock const lock(mutex_);
    std::optional<Message> reply;
    if (send_message(channel_.get(), std::string_view(&ask_start, 1), descriptors))
        reply = receive_message(channel_.get());
    if (!reply)
        return fail(Errc::failed, "the monitor process is gone: restart the proxy to get a new one");
    int const pid = as_number(reply->text);
    if (pid <= 0)
        return fail(Errc::failed, fmt::format("cannot start the new process: {}", std::strerror(-pid)));
    return pid;
}

} // namespace jhub::proxy

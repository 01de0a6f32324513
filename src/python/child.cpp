#include "python/child.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>

namespace jhub::python {
namespace {

constexpr int channel_descriptor = 3;
constexpr int longest_end = 5000; // milliseconds that end() waits

std::vector<char*> pointers(std::vector<std::string> const& texts)
{
    std::vector<char*> result;
    for (auto const& text : texts)
        result.push_back(const_cast<char*>(text.c_str()));
    result.push_back(nullptr);
    return result;
}

// Between fork and exec: only calls that are safe after a fork.
[[noreturn]] void become(char* const* argv, char* const* env, int channel, int parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127); // the parent was gone before the line above
    if (channel == channel_descriptor)
        fcntl(channel, F_SETFD, 0);
    else
        dup2(channel, channel_descriptor);
    execve(argv[0], argv, env);
    _exit(127);
}

struct Channel {
    Descriptor ours, its;
};

Result<Channel> make_channel()
{
    std::array<int, 2> pair{};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) != 0)
        return fail(Errc::failed, fmt::format("no socket for the Python process: {}", std::strerror(errno)));
    fcntl(pair[0], F_SETFL, O_NONBLOCK);
    return Channel{Descriptor(pair[0]), Descriptor(pair[1])};
}

std::string ending(int status)
{
    return WIFSIGNALED(status) ? fmt::format("signal {}", WTERMSIG(status))
                               : fmt::format("exit status {}", WEXITSTATUS(status));
}

} // namespace

Result<Child> Child::start(std::vector<std::string> const& argv, std::vector<std::string> const& env)
{
    TRY(auto channel, make_channel());
    auto& [ours, its] = channel;
    auto arguments = pointers(argv);
    auto environment = pointers(env);
    int const parent = getpid();
    int const pid = fork();
    if (pid == 0)
        become(arguments.data(), environment.data(), its.get(), parent);
    if (pid < 0)
        return fail(Errc::failed, fmt::format("{} cannot be started: {}", argv[0], std::strerror(errno)));
    return Child(pid, std::move(ours), Kind::ours);
}

Result<Child> Child::start_by(std::function<Result<int>(int socket)> const& start)
{
    TRY(auto channel, make_channel());
    TRY(int const pid, start(channel.its.get()));
    return Child(pid, std::move(channel.ours), Kind::anothers);
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), channel_(std::move(other.channel_)), kind_(other.kind_)
{
}

Child::~Child() { end(); }

Result<> Child::wait_for(short events, Deadline deadline) const
{
    for (;;) {
        auto const left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
        if (left.count() <= 0)
            return fail(Errc::timeout, "the Python process took too long");
        pollfd entry{.fd = channel_.get(), .events = events, .revents = 0};
        if (poll(&entry, 1, static_cast<int>(left.count())) > 0)
            return {};
    }
}

Result<> Child::send(std::string_view bytes, Deadline deadline)
{
    while (!bytes.empty()) {
        CHECK(wait_for(POLLOUT, deadline));
        auto const sent = ::send(channel_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent > 0)
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        else if (errno != EAGAIN && errno != EINTR)
            return fail(Errc::failed, "the Python process ended early");
    }
    return {};
}

Result<std::string> Child::receive_line(Deadline deadline, std::size_t limit)
{
    std::string line;
    std::array<char, 65536> buffer{};
    for (;;) {
        CHECK(wait_for(POLLIN, deadline));
        auto const count = recv(channel_.get(), buffer.data(), buffer.size(), 0);
        if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR))
            return fail(Errc::failed, "the Python process ended early");
        if (count < 0)
            continue;
        line.append(buffer.data(), static_cast<std::size_t>(count));
        if (line.ends_with('\n')) {
            line.pop_back();
            return line;
        }
        if (line.size() > limit)
            return fail(Errc::too_large, "the answer of the Python process is too large");
    }
}

int Child::take_channel() { return channel_.release(); }

void Child::kill_now() const
{
    if (pid_ > 0 && is_ours())
        kill(pid_, SIGKILL);
}

std::string Child::try_reap()
{
    int status = 0;
    if (pid_ <= 0 || !is_ours() || waitpid(pid_, &status, WNOHANG) == 0)
        return {};
    pid_ = -1;
    return ending(status);
}

std::string Child::end()
{
    if (pid_ <= 0 || !is_ours())
        return {};
    kill_now();
    // A process of another account (the hub gave up root meanwhile) ends by itself when its channel does.
    channel_.reset();
    for (int tries = 0; tries < longest_end; ++tries) {
        if (auto ending = try_reap(); !ending.empty())
            return ending;
        poll(nullptr, 0, 1);
    }
    pid_ = -1;
    return "no end";
}

} // namespace jhub::python

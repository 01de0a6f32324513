// Runs as root and reads what a hub that somebody has taken over may send: keep it short.
#include "privileged/supervisor_process.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <signal.h> // NOLINT: signal numbers and sigset_t functions are POSIX
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>

#include <fmt/format.h>

#include "base/descriptor.hpp"
#include "base/guarded_file.hpp"
#include "base/log.hpp"
#include "base/packets.hpp"
#include "privileged/pidfd.hpp"

namespace jhub::privileged {
namespace {

constexpr int channel_number = 3;
constexpr int request_number = 4; // of the Python process
constexpr std::string_view token_variable = "CONFIGPROXY_AUTH_TOKEN=";

class Service {
  public:
    explicit Service(SupervisorPlan const& plan) : plan_(plan)
    {
        if (plan.python)
            python_.emplace(*plan.python, request_number);
    }

    // pidfd: of a new helper, for the hub.
    SupervisorAnswer answer(SupervisorRequest const& request, int descriptor, int& pidfd)
    {
        using enum SupervisorRequest::Kind;
        switch (request.kind) {
        case start_helper:
            return start_the_helper(descriptor, pidfd);
        case start_proxy:
            return start_the_proxy(request);
        case signal_proxy:
            return signal_the_proxy(request.pid, request.signal);
        case remove_hub_pid_file:
            return remove_pid_file();
        case start_python:
            return start_the_python(descriptor);
        case end_python:
            end_the_python();
            return {0, python_ ? 0 : EINVAL};
        }
        return {0, EINVAL};
    }

    void end_the_python()
    {
        if (python_)
            python_->end();
    }

  private:
    // An errno when it is no socket that the hub's account has made.
    [[nodiscard]] int check_socket(int socket) const
    {
        ucred peer{};
        socklen_t size = sizeof peer;
        if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
            return errno;
        return peer.uid == plan_.hub.uid ? 0 : EPERM;
    }

    SupervisorAnswer start_the_python(int socket)
    {
        if (int const error = python_ ? check_socket(socket) : EINVAL; error != 0)
            return {0, error};
        auto const started = python_->start(socket);
        return {started.pid, started.error};
    }

    SupervisorAnswer start_the_helper(int socket, int& pidfd)
    {
        if (int const error = check_socket(socket); error != 0)
            return {0, error};
        if (helper_pidfd_) // one that only closed its socket
            pidfd_send_signal(helper_pidfd_.get(), SIGKILL, nullptr, 0);
        helper_pidfd_ = Descriptor();
        auto const started = run_helper(plan_.helper, socket);
        if (!started)
            return {0, errno != 0 ? errno : EIO};
        helper_pidfd_ = Descriptor(started->pidfd);
        pidfd = started->pidfd;
        return {started->pid, 0};
    }

    SupervisorAnswer start_the_proxy(SupervisorRequest const& request)
    {
        if (plan_.proxy_command.empty() || request.token.back() != '\0')
            return {0, EINVAL};
        std::string token = std::string(token_variable) + request.token.data();
        std::vector<char*> environment{token.data()};
        for (char** entry = environ; *entry != nullptr; ++entry)
            if (!std::string_view(*entry).starts_with(token_variable))
                environment.push_back(*entry);
        environment.push_back(nullptr);
        auto const pid_file = open_pid_file();
        if (!pid_file) {
            log::error("{}", pid_file.error().message);
            return {0, EPERM};
        }
        auto command = plan_.proxy_command;
        auto const started = run_in_own_session(command, environment);
        if (started.error == 0 && *pid_file)
            (void)replace_content(*pid_file, std::to_string(started.value), plan_.proxy_pid_file);
        return started;
    }

    static SupervisorAnswer run_in_own_session(std::vector<std::string>& command, std::vector<char*>& environment)
    {
        std::vector<char*> arguments;
        for (std::string& word : command)
            arguments.push_back(word.data());
        arguments.push_back(nullptr);
        posix_spawnattr_t attributes;
        posix_spawnattr_init(&attributes);
        sigset_t none;
        sigset_t all;
        sigemptyset(&none);
        sigfillset(&all);
        posix_spawnattr_setsigmask(&attributes, &none);
        posix_spawnattr_setsigdefault(&attributes, &all);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
        pid_t pid = 0;
        int const error =
            posix_spawnp(&pid, arguments.front(), nullptr, &attributes, arguments.data(), environment.data());
        posix_spawnattr_destroy(&attributes);
        return {pid, error};
    }

    // The hub reads it, whatever the umask. Empty: none is wanted.
    [[nodiscard]] Result<Descriptor> open_pid_file() const
    {
        if (plan_.proxy_pid_file.empty())
            return Descriptor();
        Opening const opening{Opening::Access::read_and_write, Opening::Missing::is_made, 0644,
                              Opening::OfRoot::is_replaced};
        return open_guarded(plan_.proxy_pid_file, opening, numbers_of(plan_.hub));
    }

    // The hub adopts proxies that a former supervisor started, so being a child is no condition.
    SupervisorAnswer signal_the_proxy(int pid, int number) const
    {
        if (pid <= 1 || (number != SIGTERM && number != SIGKILL) || plan_.proxy_command.empty())
            return {0, EINVAL};
        Descriptor const pidfd(pidfd_open(pid, 0));
        if (!pidfd)
            return {0, errno};
        if (!runs_program(pid, plan_.proxy_command.front()))
            return {0, ESRCH};
        return {0, pidfd_send_signal(pidfd.get(), number, nullptr, 0) == 0 ? 0 : errno};
    }

    SupervisorAnswer remove_pid_file() const
    {
        bool const removed =
            !plan_.hub_pid_file.empty() && remove_guarded(plan_.hub_pid_file, numbers_of(plan_.hub)).has_value();
        return {0, removed ? 0 : ENOENT};
    }

    SupervisorPlan const& plan_;
    Descriptor helper_pidfd_;
    std::optional<PythonKeeper> python_;
};

// Nothing of the hub's but the channel; its signals are the hub's business.
void settle_in(int channel, int request)
{
    for (int const number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGPIPE})
        signal(number, SIG_IGN);
    signal(SIGCHLD, SIG_IGN); // children need not be reaped; they are only ever signalled through pidfds
    prctl(PR_SET_NAME, "jupyterhub-root");
    request = request < 0 ? request : fcntl(request, F_DUPFD_CLOEXEC, request_number + 1); // out of the channel's way
    if (channel != channel_number)
        dup3(channel, channel_number, O_CLOEXEC);
    if (request >= 0)
        dup3(request, request_number, O_CLOEXEC);
    close_range(request < 0 ? channel_number + 1 : request_number + 1, ~0U, 0);
}

} // namespace

ssize_t receive_with_descriptor(int socket, void* bytes, std::size_t size, int& received)
{
    std::vector<int> descriptors;
    ssize_t const got = receive_packet(socket, {static_cast<char*>(bytes), size}, descriptors);
    received = descriptors.size() == 1 ? descriptors.front() : -1;
    if (descriptors.size() <= 1)
        return got;
    for (int const surplus : descriptors)
        close(surplus);
    errno = EMSGSIZE;
    return -1;
}

bool runs_program(int pid, std::string const& program)
{
    std::array<char, 4096> text{};
    Descriptor const file(open(fmt::format("/proc/{}/cmdline", pid).c_str(), O_RDONLY | O_CLOEXEC));
    ssize_t const size = file ? read(file.get(), text.data(), text.size()) : 0;
    std::string_view rest(text.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    std::string_view const name = std::string_view(program).substr(program.rfind('/') + 1);
    for (int i = 0; i < 2 && !rest.empty(); ++i) {
        std::string_view const word = rest.substr(0, rest.find('\0'));
        if (word.substr(word.rfind('/') + 1) == name)
            return true;
        rest.remove_prefix(std::min(word.size() + 1, rest.size()));
    }
    return false;
}

void supervise(SupervisorPlan const& plan, int channel)
{
    settle_in(channel, plan.python ? plan.python->request.get() : -1);
    Service service(plan);
    for (;;) {
        SupervisorRequest request;
        int received = -1;
        ssize_t const size = receive_with_descriptor(channel_number, &request, sizeof request, received);
        Descriptor const descriptor(received);
        if (size < 0 && errno == EINTR)
            continue;
        if (size != sizeof request) { // the hub has ended, or is none any more
            service.end_the_python();
            _exit(size == 0 ? 0 : 1);
        }
        int pidfd = -1;
        SupervisorAnswer const answer = service.answer(request, descriptor.get(), pidfd);
        send_packet(channel_number, bytes_of(answer), one_or_none(pidfd));
    }
}

} // namespace jhub::privileged

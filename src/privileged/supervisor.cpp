#include "privileged/supervisor.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include <fmt/format.h>

#include "base/packets.hpp"
#include "privileged/supervisor_process.hpp"

namespace jhub::privileged {
namespace {

constexpr int patience_ms = 2000;

Error lost() { return {Errc::unavailable, "The hub's supervisor does not answer.", {}}; }

// One request and its answer. descriptor: goes along; -1 for none.
Result<SupervisorAnswer> ask(int channel, SupervisorRequest const& request, int descriptor, int& received)
{
    if (send_packet(channel, bytes_of(request), one_or_none(descriptor)) != sizeof request)
        return std::unexpected(lost());
    pollfd query{channel, POLLIN, 0};
    SupervisorAnswer answer;
    if (poll(&query, 1, patience_ms) != 1 ||
        receive_with_descriptor(channel, &answer, sizeof answer, received) != sizeof answer)
        return std::unexpected(lost());
    return answer;
}

} // namespace

Result<std::unique_ptr<Supervisor>> Supervisor::launch(SupervisorPlan plan)
{
    std::array<int, 2> pair{};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()) != 0)
        return fail(Errc::failed, fmt::format("Cannot start the supervisor: {}", std::strerror(errno)));
    Descriptor ours(pair[0]);
    Descriptor const theirs(pair[1]);
    pid_t const pid = fork();
    if (pid == 0)
        supervise(plan, theirs.get());
    if (pid < 0)
        return fail(Errc::failed, fmt::format("Cannot start the supervisor: {}", std::strerror(errno)));
    return std::make_unique<Supervisor>(std::move(ours));
}

Result<StartedProcess> Supervisor::start_helper(int socket)
{
    SupervisorRequest const request{.kind = SupervisorRequest::Kind::start_helper};
    int pidfd = -1;
    TRY(SupervisorAnswer const answer, ask(channel_.get(), request, socket, pidfd));
    if (answer.error != 0 || pidfd < 0)
        return fail(Errc::failed, fmt::format("The helper cannot be started: {}", std::strerror(answer.error)));
    return StartedProcess{answer.value, pidfd};
}

Result<int> Supervisor::start_proxy(std::string const& token)
{
    SupervisorRequest request{.kind = SupervisorRequest::Kind::start_proxy};
    if (token.size() > longest_token || token.contains('\0'))
        return fail(Errc::invalid_argument, "The proxy's token is too long, or holds a NUL byte.");
    std::ranges::copy(token, request.token.begin());
    int none = -1;
    TRY(SupervisorAnswer const answer, ask(channel_.get(), request, -1, none));
    if (answer.error != 0)
        return fail(Errc::failed, std::strerror(answer.error));
    return answer.value;
}

bool Supervisor::signal_proxy(int pid, int signal)
{
    SupervisorRequest const request{.kind = SupervisorRequest::Kind::signal_proxy, .pid = pid, .signal = signal};
    int none = -1;
    auto const answer = ask(channel_.get(), request, -1, none);
    return answer && answer->error == 0;
}

void Supervisor::remove_hub_pid_file()
{
    SupervisorRequest const request{.kind = SupervisorRequest::Kind::remove_hub_pid_file};
    int none = -1;
    (void)ask(channel_.get(), request, -1, none);
}

Result<int> Supervisor::start_python(int socket)
{
    SupervisorRequest const request{.kind = SupervisorRequest::Kind::start_python};
    int none = -1;
    TRY(SupervisorAnswer const answer, ask(channel_.get(), request, socket, none));
    if (answer.error == EAGAIN)
        return fail(Errc::too_many, "it was started too often lately");
    if (answer.error != 0)
        return fail(Errc::failed, std::strerror(answer.error));
    return answer.value;
}

void Supervisor::end_python()
{
    SupervisorRequest const request{.kind = SupervisorRequest::Kind::end_python};
    int none = -1;
    (void)ask(channel_.get(), request, -1, none);
}

} // namespace jhub::privileged

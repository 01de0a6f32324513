// Runs as root and is asked by a hub that somebody may have taken over: keep it short.
#include "privileged/python_program.hpp"

#include <fcntl.h>
#include <signal.h> // NOLINT: signal numbers and sigset_t functions are POSIX
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/log.hpp"
#include "privileged/pidfd.hpp"

namespace jhub::privileged {
namespace {

constexpr int channel_number = 3;
constexpr int request_number = 4;
constexpr double most_starts = 10; // at once; then one every few seconds
constexpr std::chrono::duration<double> time_for_one{3};

std::vector<char*> pointers(std::vector<std::string>& texts)
{
    std::vector<char*> result;
    for (std::string& text : texts)
        result.push_back(text.data());
    result.push_back(nullptr);
    return result;
}

// The supervisor ignores what a program expects to get.
void reset_signals()
{
    for (int number = 1; number < NSIG; ++number)
        signal(number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
}

} // namespace

PythonKeeper::PythonKeeper(PythonProgram const& program, int request)
    : program_(program), request_(request), pidfd_(program.running > 0 ? pidfd_open(program.running, 0) : -1),
      starts_left_(most_starts)
{
}

bool PythonKeeper::may_start()
{
    auto const now = std::chrono::steady_clock::now();
    starts_left_ = std::min(most_starts, starts_left_ + (now - counted_) / time_for_one);
    counted_ = now;
    if (starts_left_ < 1)
        return false;
    starts_left_ -= 1;
    return true;
}

PythonKeeper::Started PythonKeeper::start(int channel)
{
    end();
    if (!may_start())
        return {0, EAGAIN};
    pid_t const parent = getpid();
    pid_t const pid = fork();
    if (pid == 0)
        become(channel, parent);
    if (pid < 0)
        return {0, errno};
    pidfd_ = Descriptor(pidfd_open(pid, 0));
    return pidfd_ ? Started{pid, 0} : Started{0, errno};
}

void PythonKeeper::end()
{
    if (pidfd_)
        pidfd_send_signal(pidfd_.get(), SIGKILL, nullptr, 0);
    pidfd_ = Descriptor();
}

void PythonKeeper::become(int channel, pid_t parent) const
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127); // the supervisor was gone before the line above
    if (auto const why = program_.objection ? program_.objection() : std::string(); !why.empty()) {
        log::error("The Python process of the configuration is not started again: {}", why);
        _exit(1);
    }
    reset_signals();
    // Neither is above the other's place: first out of the way.
    int const its_channel = fcntl(channel, F_DUPFD_CLOEXEC, request_number + 1);
    int const its_request = fcntl(request_, F_DUPFD_CLOEXEC, request_number + 1);
    if (dup2(its_channel, channel_number) < 0 || dup2(its_request, request_number) < 0)
        _exit(127);
    close_range(request_number + 1, ~0U, 0);
    auto words = program_.command;
    words.push_back(std::to_string(request_number));
    auto variables = program_.environment;
    execve(words.front().c_str(), pointers(words).data(), pointers(variables).data());
    _exit(127);
}

} // namespace jhub::privileged

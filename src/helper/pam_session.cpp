#include "helper/pam_session.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "helper/log_line.hpp"
#include "helper/pam_transaction.hpp"
#include "privileged/pidfd.hpp"

namespace jhub::helper {
namespace {

// A second child for the helper, not for the server, which must not find a process it did not start.
pid_t fork_for_the_helper() { return static_cast<pid_t>(syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0)); }

void handle_signals(void (*handler)(int))
{
    for (int const number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2})
        signal(number, handler);
}

// Waits for the server's end, closes the session and ends with PAM's result.
[[noreturn]] void keep(PamTransaction& transaction, int server, int control)
{
    prctl(PR_SET_NAME, "pam-session");
    prctl(PR_SET_DUMPABLE, 0); // there is a copy of the server's environment in it
    setsid();
    handle_signals(SIG_IGN); // whoever ends everything shall still find the session closed
    // The modules' own descriptors stay open: some hold the session by one. The server's output does not.
    int const null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int const number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        dup2(null, number);
    close(control);
    pollfd query{server, POLLIN, 0};
    while (poll(&query, 1, -1) < 0 && errno == EINTR)
        ;
    handle_signals(SIG_DFL);
    int const result = transaction.close_session();
    transaction.end();
    _exit(result);
}

} // namespace

OpenedSession open_pam_session(std::string const& service, std::string const& user, int control)
{
    PamSecrets none;
    PamTransaction transaction(service, user, none);
    if (transaction.last() != PAM_SUCCESS || transaction.open_session() != PAM_SUCCESS)
        return {.error = transaction.last()};
    Descriptor const self(pidfd_open(getpid(), 0));
    pid_t const keeper = self ? fork_for_the_helper() : -1;
    if (keeper == 0)
        keep(transaction, self.get(), control);
    if (keeper < 0) {
        transaction.close_session();
        return {.error = PAM_SYSTEM_ERR};
    }
    transaction.leave_to_the_other();
    return {.keeper = keeper};
}

void PamSessions::opened(int keeper, std::string const& user)
{
    auto const pidfd = std::make_shared<Descriptor>(pidfd_open(keeper, 0));
    if (!*pidfd) // the session is closed all the same; only its result stays unknown
        return log_line('W', fmt::format("Cannot watch the PAM session of {:?}", user));
    leftovers_.own(keeper);
    loop_.watch(pidfd->get(), EPOLLIN, [this, keeper, pidfd, user] {
        siginfo_t info{};
        bool const known =
            waitid(P_PIDFD, static_cast<id_t>(pidfd->get()), &info, WEXITED | WNOHANG) == 0 && info.si_pid != 0;
        loop_.forget(pidfd->get());
        leftovers_.disown(keeper);
        if (known && (info.si_code != CLD_EXITED || info.si_status != PAM_SUCCESS))
            turn_off(user, info.si_code == CLD_EXITED
                               ? fmt::format("cannot be closed: {}", pam_strerror(nullptr, info.si_status))
                               : fmt::format("was not closed: its process was ended by signal {}", info.si_status));
    });
}

void PamSessions::not_opened(std::string const& user, int error)
{
    turn_off(user, fmt::format("cannot be opened: {}", pam_strerror(nullptr, error)));
}

void PamSessions::lost(std::string const& user) { turn_off(user, "cannot be opened: its process ended meanwhile"); }

void PamSessions::turn_off(std::string const& user, std::string const& what)
{
    log_line('W', fmt::format("The PAM session of {:?} {}", user, what));
    if (!std::exchange(off_, true))
        log_line('W', "No PAM sessions are opened from now on");
}

} // namespace jhub::helper

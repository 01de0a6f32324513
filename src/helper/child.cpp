#include "helper/child.hpp"

#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <fmt/format.h>

#include "helper/pam_session.hpp"
#include "privileged/pidfd.hpp"

namespace jhub::helper {
namespace {

constexpr int control_fd = 3;

// What the child needs, in the form system calls want it.
struct Prepared {
    Plan const& plan;
    std::vector<char*> argv, env;
    std::vector<gid_t> found_groups; // room for the verification
};

std::vector<char*> pointers(std::vector<std::string> const& texts)
{
    std::vector<char*> list;
    for (std::string const& text : texts)
        list.push_back(const_cast<char*>(text.c_str())); // execve does not write
    list.push_back(nullptr);
    return list;
}

// ---- From here to run_command(): only system calls. ----

ssize_t tell(Report report) { return send(control_fd, &report, sizeof report, MSG_NOSIGNAL); }

[[noreturn]] void give_up(Stage stage, int error)
{
    tell({stage, error});
    _exit(127);
}

void reset_signals()
{
    // The system call itself: the C library keeps signals 32 and 33 for itself and posix_spawn leaves them ignored.
    struct {
        void* handler = nullptr; // SIG_DFL
        unsigned long flags = 0;
        void* restorer = nullptr;
        unsigned long mask = 0;
    } const standard;
    for (int number = 1; number < NSIG; ++number)
        syscall(SYS_rt_sigaction, number, &standard, nullptr, sizeof standard.mask);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
}

void set_up_descriptors(int output, int control)
{
    // The control socket takes number 3, so everything above it can be closed at one go.
    int const null = open("/dev/null", O_RDWR | O_CLOEXEC);
    bool const streams = null >= 0 && dup2(null, 0) == 0 && dup2(output, 1) == 1 && dup2(output, 2) == 2;
    int const error = errno;
    if (control != control_fd)
        dup3(control, control_fd, O_CLOEXEC);
    if (!streams)
        give_up(Stage::streams, error);
    if (close_range(control_fd + 1, ~0U, 0) != 0)
        give_up(Stage::streams, errno);
}

void restore_limit(__rlimit_resource which, rlim_t former)
{
    rlimit limit{};
    if (getrlimit(which, &limit) != 0)
        give_up(Stage::limits, errno);
    limit.rlim_cur = std::min(former, limit.rlim_max);
    if (setrlimit(which, &limit) != 0)
        give_up(Stage::limits, errno);
}

void restore_limits(Plan const& plan)
{
    if (plan.open_files != 0)
        restore_limit(RLIMIT_NOFILE, plan.open_files);
    restore_limit(RLIMIT_CORE, plan.core_size);
}

// Modules may leave anything behind; the keeper of the session has its own copy of what it needs.
void open_session(Plan const& plan)
{
    // Still root here: should the helper be gone by then, nobody else would end a module that hangs.
    alarm(static_cast<unsigned>(prepare_patience.count()));
    OpenedSession const session = open_pam_session(plan.pam_service, plan.user, control_fd);
    alarm(0);
    if (session.keeper != 0)
        tell({Stage::pam_session, session.keeper});
    else
        tell({Stage::pam_session_failed, session.error});
    reset_signals();
    if (close_range(control_fd + 1, ~0U, 0) != 0)
        give_up(Stage::streams, errno);
}

void verify_identity(Prepared& prepared)
{
    Plan const& plan = prepared.plan;
    uid_t ruid = 0, euid = 0, suid = 0;
    gid_t rgid = 0, egid = 0, sgid = 0;
    bool const ids = getresuid(&ruid, &euid, &suid) == 0 && getresgid(&rgid, &egid, &sgid) == 0 && ruid == plan.uid &&
                     euid == plan.uid && suid == plan.uid && rgid == plan.gid && egid == plan.gid && sgid == plan.gid;
    int const count = getgroups(static_cast<int>(prepared.found_groups.size()), prepared.found_groups.data());
    bool const groups = count == static_cast<int>(plan.groups.size()) &&
                        std::equal(plan.groups.begin(), plan.groups.end(), prepared.found_groups.begin());
    // There must be no way back. (Asked for last: if it works, the checks above would have changed.)
    bool const way_back = plan.uid != 0 && setuid(0) == 0;
    if (!ids || !groups || way_back)
        give_up(Stage::identity, EPERM);
}

void drop_identity(Prepared& prepared)
{
    Plan const& plan = prepared.plan;
    if (setgroups(plan.groups.size(), plan.groups.data()) != 0)
        give_up(Stage::groups, errno);
    if (setresgid(plan.gid, plan.gid, plan.gid) != 0)
        give_up(Stage::group_id, errno);
    if (setresuid(plan.uid, plan.uid, plan.uid) != 0)
        give_up(Stage::user_id, errno);
    verify_identity(prepared);
}

void say(char const* text) { [[maybe_unused]] ssize_t const written = write(STDERR_FILENO, text, strlen(text)); }

// As upstream: the home directory, else the nearest parent, else a temporary directory; never "/".
// The person's output tells, so that a missing home can be seen there.
void enter_directory(Plan const& plan)
{
    for (std::string const& path : plan.create)
        if (mkdir(path.c_str(), 0755) != 0 && errno != EEXIST)
            break; // entering it tells why
    for (std::string const& path : plan.directories) {
        if (chdir(path.c_str()) == 0)
            return;
        char const* const why = strerrordesc_np(errno);
        say("Couldn't set CWD to ");
        say(path.c_str());
        say(" (");
        say(why != nullptr ? why : "unknown error");
        say(")\n");
    }
    say("Couldn't set CWD at all, using temp dir\n");
    std::array<char, 32> temporary{"/tmp/jupyterhub-XXXXXX"};
    if (mkdtemp(temporary.data()) == nullptr || chdir(temporary.data()) != 0)
        give_up(Stage::directory, errno);
}

void wait_for_release()
{
    char go = 0;
    if (tell({Stage::ready, 0}) < 0 || recv(control_fd, &go, 1, 0) != 1)
        _exit(0); // helper or hub died: leave no trace
}

[[noreturn]] void run_command(Prepared& prepared)
{
    // Like Python's subprocess: "not there" goes on to the next directory, the first other error is remembered.
    Report report{Stage::command, ENOENT};
    for (std::string const& program : prepared.plan.programs) {
        execve(program.c_str(), prepared.argv.data(), prepared.env.data());
        int const error = errno;
        bool const missing = error == ENOENT || error == ENOTDIR;
        if (report.error != ENOENT || report.stage != Stage::command)
            continue;
        if (!missing)
            report.error = error;
        else if (access(program.c_str(), F_OK) == 0)
            report.stage = Stage::interpreter;
    }
    give_up(report.stage, report.error);
}

[[noreturn]] void run_child(Prepared& prepared, int output, int control)
{
    reset_signals();
    set_up_descriptors(output, control);
    if (setsid() < 0)
        give_up(Stage::session, errno);
    restore_limits(prepared.plan);
    if (!prepared.plan.pam_service.empty()) // before everything that a module may have a say in: home, limits, umask
        open_session(prepared.plan);
    if (prepared.plan.change_identity)
        drop_identity(prepared);
    if (prepared.plan.no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        give_up(Stage::privileges, errno);
    enter_directory(prepared.plan);
    wait_for_release();
    run_command(prepared);
}

} // namespace

Result<Child> fork_child(Plan const& plan, Descriptor output)
{
    Prepared prepared{.plan = plan, .argv = pointers(plan.argv), .env = pointers(plan.env), .found_groups = {}};
    prepared.found_groups.resize(plan.groups.size() + 1);
    std::array<int, 2> pair{};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()) != 0)
        return fail(Errc::failed, "Cannot start a process.", fmt::format("socketpair: {}", strerror(errno)));
    Descriptor ours(pair[0]);
    Descriptor const theirs(pair[1]);
    pid_t const pid = fork();
    if (pid == 0)
        run_child(prepared, output.get(), theirs.get());
    if (pid < 0)
        return fail(Errc::failed, "The system has no room for another process.",
                    fmt::format("fork: {}", strerror(errno)));
    Descriptor pidfd(pidfd_open(pid, 0));
    if (!pidfd) { // out of descriptors: take the process back
        int const error = errno;
        kill(pid, SIGKILL);
        waitpid(pid, nullptr, 0);
        return fail(Errc::failed, "Cannot watch another process.", fmt::format("pidfd_open: {}", strerror(error)));
    }
    return Child{pid, std::move(pidfd), std::move(ours)};
}

} // namespace jhub::helper

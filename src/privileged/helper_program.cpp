#include "privileged/helper_program.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fmt/format.h>

#include "base/descriptor.hpp"
#include "privileged/pidfd.hpp"
#include "privileged/supervisor.hpp"

namespace jhub::privileged {
namespace {

constexpr char const* program_name = "jupyterhub-helper";
constexpr int helper_socket = 3; // the numbers the helper expects
constexpr int helper_policy_fd = 4;

class SpawnSettings {
  public:
    SpawnSettings(int socket, int policy)
    {
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, socket, helper_socket);
        posix_spawn_file_actions_adddup2(&actions, policy, helper_policy_fd);
        posix_spawnattr_init(&attributes);
        sigset_t all;
        sigset_t none;
        sigfillset(&all);
        sigemptyset(&none);
        posix_spawnattr_setsigdefault(&attributes, &all);
        posix_spawnattr_setsigmask(&attributes, &none);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    }
    ~SpawnSettings()
    {
        posix_spawn_file_actions_destroy(&actions);
        posix_spawnattr_destroy(&attributes);
    }
    SpawnSettings(SpawnSettings const&) = delete;
    SpawnSettings& operator=(SpawnSettings const&) = delete;

    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
};

} // namespace

unsigned long soft_open_files()
{
    rlimit limit{};
    return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 0;
}

std::string helper_path(HelperOptions const& options)
{
    if (!options.program.empty())
        return options.program;
    std::error_code ignored;
    auto const here = std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path();
    auto const beside = here / program_name;
    auto const installed = here.parent_path() / "lib/jupyterhub" / program_name;
    return std::filesystem::exists(beside, ignored) || !std::filesystem::exists(installed, ignored)
               ? beside.string()
               : installed.string();
}

Result<StartedProcess> run_helper(HelperProgram const& program, int socket)
{
    auto const cannot = [&program](char const* step, int error) {
        return fail(Errc::failed, fmt::format("Cannot start {}: {}", program.path, strerror(error)), step);
    };
    TRY(Descriptor const sealed, seal_policy(program.policy));
    // Above the numbers it expects, so that putting one in its place does not cover another.
    Descriptor const policy(fcntl(sealed.get(), F_DUPFD_CLOEXEC, helper_policy_fd + 1));
    Descriptor const its(fcntl(socket, F_DUPFD_CLOEXEC, helper_policy_fd + 1));
    if (!policy || !its)
        return cannot("fcntl", errno);
    std::string path = program.path;
    std::array<char*, 2> arguments{path.data(), nullptr};
    pid_t pid = 0;
    SpawnSettings const settings(its.get(), policy.get());
    int const error =
        posix_spawn(&pid, program.path.c_str(), &settings.actions, &settings.attributes, arguments.data(), environ);
    if (error != 0)
        return cannot("posix_spawn", error);
    int const pidfd = pidfd_open(pid, 0);
    return pidfd >= 0 ? Result<StartedProcess>({pid, pidfd}) : cannot("pidfd_open", errno);
}

Result<StartedHelper> start_helper(HelperOptions const& options)
{
    std::array<int, 2> pair{};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()) != 0)
        return fail(Errc::failed, fmt::format("Cannot start the helper: {}", strerror(errno)), "socketpair");
    Descriptor ours(pair[0]); // closing it ends a helper that did start
    Descriptor const its(pair[1]);
    TRY(StartedProcess const started, options.supervisor != nullptr
                                          ? options.supervisor->start_helper(its.get())
                                          : run_helper({helper_path(options), options.policy}, its.get()));
    fcntl(ours.get(), F_SETFL, O_NONBLOCK);
    return StartedHelper{started.pid, started.pidfd, ours.release()};
}

} // namespace jhub::privileged

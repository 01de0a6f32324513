#include "privileged/helper_program.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fmt/format.h>

#include "privileged/pidfd.hpp"

namespace jhub::privileged {
namespace {

constexpr char const* program_name = "jupyterhub-helper";
constexpr int helper_socket = 3; // the number the helper expects

class SpawnSettings {
  public:
    explicit SpawnSettings(int socket)
    {
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, socket, helper_socket);
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

Result<StartedHelper> start_helper(HelperOptions const& options, unsigned long open_files)
{
    std::string program = helper_path(options);
    auto const cannot = [&program](char const* step, int error) {
        return fail(Errc::failed, fmt::format("Cannot start {}: {}", program, strerror(error)), step);
    };
    std::array<int, 2> pair{};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()) != 0)
        return cannot("socketpair", errno);
    std::string limit = fmt::format("--open-files={}", open_files);
    std::string allow_root = "--allow-root-user";
    std::array<char*, 4> arguments{program.data(), limit.data(), options.allow_root_user ? allow_root.data() : nullptr,
                                   nullptr};
    pid_t pid = 0;
    SpawnSettings const settings(pair[1]);
    int const error =
        posix_spawn(&pid, program.c_str(), &settings.actions, &settings.attributes, arguments.data(), environ);
    close(pair[1]);
    if (error != 0) {
        close(pair[0]);
        return cannot("posix_spawn", error);
    }
    int const pidfd = pidfd_open(pid, 0);
    if (pidfd < 0) {
        int const why = errno;
        close(pair[0]); // which ends it
        waitpid(pid, nullptr, 0);
        return cannot("pidfd_open", why);
    }
    fcntl(pair[0], F_SETFL, O_NONBLOCK);
    return StartedHelper{pid, pidfd, pair[0]};
}

} // namespace jhub::privileged

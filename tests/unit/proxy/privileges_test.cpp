// What a process of its own can still do once it has given up its rights.
#include "proxy/privileges.hpp"

#include <gtest/gtest.h>
#include <linux/netlink.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <thread>

#include "proxy/resolver.hpp"

namespace jhub::proxy {
namespace {

#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

// Whether it held in a restricted child; this process stays as it is.
bool holds_restricted(std::function<bool()> const& claim)
{
    pid_t const child = fork();
    if (child == 0) {
        forbid_inspection();
        _exit(restrict_system_calls() && claim() ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST(Restricted, no_program_can_be_run_and_no_process_made)
{
    if (sanitized)
        GTEST_SKIP() << "the sanitizers' reports need it";
    EXPECT_TRUE(holds_restricted([] {
        char* const arguments[] = {nullptr};
        return execve("/bin/true", arguments, arguments) == -1 && errno == EPERM;
    }));
    EXPECT_TRUE(holds_restricted([] { return fork() == -1 && errno == EPERM; }));
    EXPECT_TRUE(holds_restricted([] { return ptrace(PTRACE_TRACEME) == -1 && errno == EPERM; }));
}

TEST(Restricted, a_process_that_has_to_run_programs_may_do_that_and_no_more)
{
    auto const may_run = [] {
        if (!restrict_system_calls(Programs::allowed) || unshare(CLONE_NEWUSER) != -1 || errno != EPERM)
            return false;
        pid_t const grandchild = fork();
        if (grandchild == 0)
            execl("/bin/true", "true", nullptr);
        int status = -1;
        return waitpid(grandchild, &status, 0) == grandchild && status == 0;
    };
    pid_t const child = fork();
    if (child == 0) {
        forbid_inspection();
        _exit(may_run() ? 0 : 1);
    }
    int status = -1;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
}

TEST(Restricted, sockets_are_unix_or_ip)
{
    EXPECT_TRUE(holds_restricted([] {
        for (int const family : {AF_NETLINK, AF_PACKET, AF_VSOCK, AF_ALG})
            if (socket(family, SOCK_RAW, 0) != -1 || errno != EAFNOSUPPORT)
                return false;
        for (int const family : {AF_UNIX, AF_INET})
            if (socket(family, SOCK_STREAM, 0) < 0)
                return false;
        return true;
    }));
}

TEST(Restricted, threads_and_name_resolution_still_work)
{
    EXPECT_TRUE(holds_restricted([] {
        bool resolved = false;
        std::thread([&] { resolved = look_up("localhost", 80).has_value(); }).join();
        return resolved;
    }));
}

TEST(Restricted, nothing_can_be_read_out_of_it)
{
    EXPECT_TRUE(holds_restricted([] {
        rlimit limit{};
        getrlimit(RLIMIT_CORE, &limit);
        return limit.rlim_max == 0 && prctl(PR_GET_DUMPABLE) == 0 && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
    }));
}

} // namespace
} // namespace jhub::proxy

#include "proxy/privileges.hpp"

#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include <fmt/format.h>

#include "base/strings.hpp"

namespace jhub::proxy {
namespace {

#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool sanitized = true; // their reports fork, trace and run a symbolizer
#else
constexpr bool sanitized = false;
#endif

constexpr std::array denied_always{
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(move_mount),
    SCMP_SYS(open_tree),
    SCMP_SYS(fsopen),
    SCMP_SYS(fsconfig),
    SCMP_SYS(fsmount),
    SCMP_SYS(fspick),
    SCMP_SYS(pivot_root),
    SCMP_SYS(chroot),
    SCMP_SYS(unshare),
    SCMP_SYS(setns),
    SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(keyctl),
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(delete_module),
    SCMP_SYS(kexec_load),
    SCMP_SYS(kexec_file_load),
    SCMP_SYS(reboot),
    SCMP_SYS(swapon),
    SCMP_SYS(swapoff),
    SCMP_SYS(settimeofday),
    SCMP_SYS(clock_settime),
    SCMP_SYS(acct),
    SCMP_SYS(quotactl),
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(name_to_handle_at),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(io_uring_enter),
    SCMP_SYS(io_uring_register),
    SCMP_SYS(pidfd_getfd),
    SCMP_SYS(personality),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(iopl),
    SCMP_SYS(ioperm),
    SCMP_SYS(sethostname),
    SCMP_SYS(setdomainname),
    SCMP_SYS(syslog),
};
constexpr std::array denied_unless_sanitized{SCMP_SYS(ptrace)};
constexpr std::array run_programs{SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork), SCMP_SYS(vfork)};

using Filter = std::unique_ptr<void, decltype([](void* filter) { seccomp_release(filter); })>;

// Threads are made with clone(CLONE_THREAD); glibc falls back to that when clone3, whose flags no filter can see, is
// not there.
bool deny_new_processes(scmp_filter_ctx filter)
{
    return seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0 &&
           seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
                            scmp_arg_cmp{0, SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0}) == 0;
}

bool allow_only_unix_and_ip(scmp_filter_ctx filter)
{
    auto const deny = [&](scmp_arg_cmp family) {
        return seccomp_rule_add(filter, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), 1, family) == 0;
    };
    bool good = deny({0, SCMP_CMP_LT, AF_UNIX, 0}) && deny({0, SCMP_CMP_GT, AF_INET6, 0});
    for (unsigned family = AF_INET + 1; family < AF_INET6; ++family)
        good = good && deny({0, SCMP_CMP_EQ, family, 0});
    return good;
}

bool fill(scmp_filter_ctx filter, Programs programs)
{
    auto const deny = [&](auto const& calls) {
        return std::ranges::all_of(
            calls, [&](int call) { return seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), call, 0) == 0; });
    };
    bool good = deny(denied_always) && allow_only_unix_and_ip(filter);
    if (!sanitized)
        good = good && deny(denied_unless_sanitized);
    if (!sanitized && programs == Programs::denied)
        good = good && deny(run_programs) && deny_new_processes(filter);
    return good;
}

} // namespace

Result<> become_user(std::string const& name)
{
    errno = 0;
    passwd const* const account = getpwnam(name.c_str()); // NOLINT: no other thread runs yet
    if (account == nullptr)
        return fail(Errc::not_found, fmt::format("--user: no such user: {}", printable(name)));
    uid_t const uid = account->pw_uid;
    gid_t const gid = account->pw_gid;
    if (uid == getuid() && uid == geteuid())
        return {};
    if (initgroups(name.c_str(), gid) != 0 || setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0)
        return fail(Errc::forbidden,
                    fmt::format("--user: cannot become {}: {}", printable(name), std::strerror(errno)));
    if (uid != 0 && setuid(0) == 0)
        return fail(Errc::failed, "--user: the privileges of root could be taken back");
    return {};
}

void forbid_inspection()
{
    rlimit const none{.rlim_cur = 0, .rlim_max = 0};
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

Result<> restrict_system_calls(Programs programs)
{
    Filter const filter(seccomp_init(SCMP_ACT_ALLOW));
    bool const made = filter != nullptr && seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_TSYNC, 1) == 0 &&
                      fill(filter.get(), programs);
    int const loaded = made ? seccomp_load(filter.get()) : -ENOMEM;
    if (loaded != 0)
        return fail(Errc::failed, fmt::format("system calls cannot be restricted: {}", std::strerror(-loaded)));
    return {};
}

} // namespace jhub::proxy

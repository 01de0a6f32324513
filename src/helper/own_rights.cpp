#include "helper/own_rights.hpp"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

namespace jhub::helper {
namespace {

// Without the first three no server starts or ends; those for sessions are what the modules named here use. What the
// helper runs as root with exec, PAM's logins (--check-login) and the command that makes accounts, has all of root's
// again: so CAP_AUDIT_WRITE and the like, which logins need, are not kept for them.
constexpr std::array kept{
    KeptCapability{CAP_SETUID, Needed::always, "processes become the person, and log-in workers whom modules want"},
    KeptCapability{CAP_SETGID, Needed::always, "with the person's groups"},
    KeptCapability{CAP_KILL, Needed::always, "servers of people are ended"},
    KeptCapability{CAP_SYS_PTRACE, Needed::to_look_at_others, "a process is known by what /proc says of it"},
    KeptCapability{CAP_CHOWN, Needed::for_sessions, "pam_mkhomedir, pam_namespace, pam_lastlog: the person's files"},
    KeptCapability{CAP_DAC_OVERRIDE, Needed::for_sessions, "pam_mkhomedir, pam_lastlog, pam_xauth: below a home"},
    KeptCapability{CAP_DAC_READ_SEARCH, Needed::for_sessions, "pam_env, pam_mail: files of a closed home"},
    KeptCapability{CAP_FOWNER, Needed::for_sessions, "pam_mkhomedir, pam_namespace: modes of the person's files"},
    KeptCapability{CAP_FSETID, Needed::for_sessions, "pam_namespace: directories with the person's group"},
    KeptCapability{CAP_SETPCAP, Needed::for_sessions, "pam_cap"},
    KeptCapability{CAP_SYS_RESOURCE, Needed::for_sessions, "pam_limits: limits above root's own"},
    KeptCapability{CAP_SYS_NICE, Needed::for_sessions, "pam_limits, pam_umask: priorities"},
    KeptCapability{CAP_SYS_ADMIN, Needed::for_sessions, "pam_namespace, pam_mount: directories of the person's own"},
    KeptCapability{CAP_AUDIT_WRITE, Needed::for_sessions, "sessions in the audit log"},
    KeptCapability{CAP_AUDIT_CONTROL, Needed::for_sessions, "pam_loginuid"},
};

constexpr std::uint64_t bit(int capability) { return std::uint64_t{1} << capability; }

bool keep_only(std::uint64_t wanted)
{
    __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    std::array<__user_cap_data_struct, 2> sets{};
    if (syscall(SYS_capget, &header, sets.data()) != 0)
        return false;
    for (std::size_t half = 0; half < sets.size(); ++half) {
        sets[half].permitted &= static_cast<std::uint32_t>(wanted >> (32 * half)); // a container may have less
        sets[half].effective = sets[half].permitted;
    }
    return syscall(SYS_capset, &header, sets.data()) == 0;
}

std::string read_mountinfo()
{
    std::ifstream file("/proc/self/mountinfo");
    return {std::istreambuf_iterator<char>(file), {}};
}

} // namespace

std::span<KeptCapability const> kept_capabilities() { return kept; }

std::uint64_t needed_capabilities(privileged::HelperPolicy const& policy, bool proc_is_hidden)
{
    bool const sessions = !policy.hub || !policy.session_service.empty(); // a hub that is root may ask for any
    std::uint64_t bits = 0;
    for (auto const& [number, when, reason] : kept)
        if (when == Needed::always || (when == Needed::for_sessions && sessions) ||
            (when == Needed::to_look_at_others && (sessions || proc_is_hidden)))
            bits |= bit(number);
    return bits;
}

bool hides_processes(std::string_view mountinfo)
{
    for (std::size_t begin = 0; begin < mountinfo.size();) {
        std::size_t const end = std::min(mountinfo.find('\n', begin), mountinfo.size());
        std::string_view const line = mountinfo.substr(begin, end - begin);
        std::size_t const option = line.find("hidepid=");
        if (line.contains(" /proc ") && option != std::string_view::npos &&
            !line.substr(option).starts_with("hidepid=0") && !line.substr(option).starts_with("hidepid=off"))
            return true;
        begin = end + 1;
    }
    return false;
}

Result<FormerLimits> give_up_rights(privileged::HelperPolicy const& policy)
{
    auto const cannot = [](char const* step) {
        return fail(Errc::failed,
                    fmt::format("The helper cannot give up what it does not need: {}: {}", step, std::strerror(errno)));
    };
    rlimit core{};
    if (getrlimit(RLIMIT_CORE, &core) != 0)
        return cannot("getrlimit");
    FormerLimits const former{.core_size = core.rlim_cur};
    core.rlim_cur = 0;
    if (setrlimit(RLIMIT_CORE, &core) != 0)
        return cannot("setrlimit");
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return cannot("prctl");
    if (geteuid() == 0 && !keep_only(needed_capabilities(policy, hides_processes(read_mountinfo()))))
        return cannot("capset");
    return former;
}

} // namespace jhub::helper

#include "proxy/privileges.hpp"

#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "base/strings.hpp"

namespace jhub::proxy {

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
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

} // namespace jhub::proxy

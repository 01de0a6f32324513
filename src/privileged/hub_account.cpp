#include "privileged/hub_account.hpp"

#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace jhub::privileged {
namespace {

// Neither Debian nor systemd nor useradd hands these out (systemd's UIDS-GIDS page: 60706 to 61183 are unused).
constexpr uid_t first_nameless = 61000;
constexpr uid_t last_nameless = 61099;

HubAccount from_entry(passwd const& entry)
{
    HubAccount account{.name = entry.pw_name, .uid = entry.pw_uid, .gid = entry.pw_gid, .groups = {}};
    int count = 64;
    account.groups.resize(64);
    if (getgrouplist(entry.pw_name, entry.pw_gid, account.groups.data(), &count) < 0) {
        account.groups.resize(static_cast<std::size_t>(count));
        count = getgrouplist(entry.pw_name, entry.pw_gid, account.groups.data(), &count);
    }
    account.groups.resize(static_cast<std::size_t>(std::max(count, 0)));
    return account;
}

bool drop_capabilities()
{
    __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    std::array<__user_cap_data_struct, 2> const none{};
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    return syscall(SYS_capset, &header, none.data()) == 0;
}

bool is_nobody_else(HubAccount const& account)
{
    uid_t ruid = 0, euid = 0, suid = 0;
    gid_t rgid = 0, egid = 0, sgid = 0;
    return getresuid(&ruid, &euid, &suid) == 0 && getresgid(&rgid, &egid, &sgid) == 0 && ruid == account.uid &&
           euid == account.uid && suid == account.uid && rgid == account.gid && egid == account.gid &&
           sgid == account.gid && getgroups(0, nullptr) == static_cast<int>(account.groups.size());
}

} // namespace

std::string name_of(HubAccount const& account)
{
    return account.name.empty() ? fmt::format("number {}", account.uid) : account.name;
}

Result<HubAccount> find_hub_account(std::string const& name)
{
    passwd const* const entry = getpwnam(name.c_str()); // NOLINT: no other thread runs yet
    if (entry == nullptr)
        return fail(Errc::not_found, fmt::format("There is no account {}.", name));
    HubAccount account = from_entry(*entry);
    passwd const* const proxy = getpwnam(proxy_account_name); // NOLINT: as above
    if (proxy != nullptr && proxy->pw_uid == account.uid)
        return fail(Errc::invalid_argument,
                    fmt::format("{} is the account of the proxy, which must not see the hub's secrets.", name));
    return account;
}

uid_t proxy_uid()
{
    passwd const* const entry = getpwnam(proxy_account_name); // NOLINT: no other thread runs yet
    return entry != nullptr ? entry->pw_uid : 65534;
}

Result<HubAccount> default_hub_account()
{
    if (auto account = find_hub_account("jupyterhub"); account && account->uid != 0)
        return account;
    for (uid_t number = first_nameless; number <= last_nameless; ++number)
        if (getpwuid(number) == nullptr && getgrgid(number) == nullptr) // NOLINT: no other thread runs yet
            return HubAccount{.name = {}, .uid = number, .gid = number, .groups = {}};
    return fail(Errc::unavailable, "There is no account jupyterhub and no free number for one.");
}

std::vector<jhub::Account> former_hub_accounts(uid_t account)
{
    std::vector<jhub::Account> all;
    if (auto const usual = default_hub_account(); usual && usual->uid != account)
        all.push_back(numbers_of(*usual));
    bool const is_nobodys = getpwuid(first_nameless) == nullptr; // NOLINT: no other thread runs yet
    if (first_nameless != account && is_nobodys && (all.empty() || all.front().uid != first_nameless))
        all.push_back({first_nameless, first_nameless, {}});
    return all;
}

Result<> become(HubAccount const& account)
{
    auto const cannot = [&](char const* step) {
        return fail(Errc::failed,
                    fmt::format("Cannot become the account {}: {}: {}", account.uid, step, std::strerror(errno)));
    };
    if (setgroups(account.groups.size(), account.groups.data()) != 0)
        return cannot("setgroups");
    if (setresgid(account.gid, account.gid, account.gid) != 0)
        return cannot("setresgid");
    if (setresuid(account.uid, account.uid, account.uid) != 0)
        return cannot("setresuid");
    if (!drop_capabilities())
        return cannot("capset");
    // The change of identity took the first one back.
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return cannot("prctl");
    if (!is_nobody_else(account) || setuid(0) == 0)
        return fail(Errc::failed, "The privileges of root could be taken back.");
    return {};
}

} // namespace jhub::privileged

// The account a hub that was started as root serves under, and becoming it for good (docs/decisions/0009).
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/account.hpp"
#include "base/result.hpp"

namespace jhub::privileged {

struct HubAccount {
    std::string name; // empty: a number that belongs to nobody
    uid_t uid = 0;
    gid_t gid = 0;
    std::vector<gid_t> groups; // supplementary ones
};

// For messages: its name, or "number 61000".
[[nodiscard]] std::string name_of(HubAccount const& account);
[[nodiscard]] inline jhub::Account numbers_of(HubAccount const& account)
{
    return {account.uid, account.gid, account.groups};
}

// The account of that name. Errc::not_found; Errc::invalid_argument for the proxy's account, which would then hold
// the hub's secrets.
[[nodiscard]] Result<HubAccount> find_hub_account(std::string const& name);
// "jupyterhub" when there is such an account, else a number (user and group) that no database knows: the same one as
// long as nobody takes it. Errc::unavailable when all are taken.
[[nodiscard]] Result<HubAccount> default_hub_account();

// Accounts that hubs of this machine may have served as before, without account itself: what these own is a hub's.
[[nodiscard]] std::vector<jhub::Account> former_hub_accounts(uid_t account);

// Gives up root for good and verifies it: user, groups, capabilities; no new privileges, no core dumps, no tracing.
// Before threads start. After an error the process must end.
[[nodiscard]] Result<> become(HubAccount const& account);

inline constexpr char const* proxy_account_name = "nobody";
// The number of that account; nobody's usual one where the machine has none of the name.
[[nodiscard]] uid_t proxy_uid();

} // namespace jhub::privileged

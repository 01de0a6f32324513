// Doing something as another account, in a process of its own: what root must not do below a directory that the account
// may change. Knows accounts by number only.
#pragma once

#include <sys/types.h>

#include <functional>
#include <vector>

#include "base/descriptor.hpp"
#include "base/result.hpp"

namespace jhub {

struct Account {
    uid_t uid = 0;
    gid_t gid = 0;
    std::vector<gid_t> groups{}; // supplementary ones
};

// The one this process runs as.
[[nodiscard]] Account this_account();

// Forks; the child becomes the account for good and runs act, whose descriptor (if any) or error comes back. The caller
// is root and has no other threads. Errc::timeout when it takes longer than ten seconds: the account can stop the
// child. A process that is the account already runs act itself.
[[nodiscard]] Result<Descriptor> act_as(Account const& account, std::function<Result<Descriptor>()> const& act);

} // namespace jhub

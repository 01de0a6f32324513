// Which processes belong to a server, beside the one that was started: everything in its session, what has left the
// session but descends from it, and what has lost its parent. The helper takes orphans in (PR_SET_CHILD_SUBREAPER), so
// one that daemonised is a child of the helper's, and one of the person's. With several servers of one person the token
// in its environment tells whose it is; one that has cleared it ends with the last of them.
//
// Only processes of the account itself are members: whatever else a person has running (a login, a job of cron) neither
// is in a server's session nor descends from the helper, and is never touched.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "helper/process_info.hpp"

namespace jhub::helper {

// What /proc showed at one moment, by process id; without user ids.
using ProcessTable = std::map<int, ProcessFacts>;
[[nodiscard]] ProcessTable read_process_table();

// Tells one server's environment from another's: a hash of its API token; 0: it has none.
using Mark = std::uint64_t;
[[nodiscard]] Mark mark_of(std::span<std::string const> environment); // NAME=value
// As it was when the process's program began. /proc shows it to the account itself: root without the capability to read
// everything looks with the eyes of uid.
[[nodiscard]] Mark mark_of(int pid, std::uint32_t uid);

struct ProcessGroup {
    int leader = 0; // its session's number, too; it need not live any more
    std::uint32_t uid = 0;
    Mark mark = 0;
    bool ours = true; // started by this helper, which thus gets its orphans; adopted ones have theirs elsewhere
    friend bool operator==(ProcessGroup const&, ProcessGroup const&) = default;
};

// How the members are recognised; separate from /proc so that it can be tested.
struct Recognition {
    int helper = 0;
    std::function<bool(int pid)> is_spoken_for; // somebody else's business: other leaders, workers, keepers of sessions
    std::function<std::uint32_t(int pid)> uid_of;
    std::function<Mark(int pid)> mark_of;
};

// Members that have not ended, but for the leader. others: the groups of the same account that live on.
[[nodiscard]] std::vector<int> members_of(ProcessTable const& table, ProcessGroup const& group,
                                          std::span<ProcessGroup const> others, Recognition const& how);

// All that descend from a process, or are in its session, whoever they belong to.
[[nodiscard]] std::vector<int> descendants_of(ProcessTable const& table, int pid);

// Kills the process if it is still the one of the table.
void kill_process(ProcessTable const& table, int pid);

} // namespace jhub::helper

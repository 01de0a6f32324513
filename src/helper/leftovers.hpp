// What is left when a process that the helper started or adopted has ended: its cgroup, its session, its descendants.
// All of it is killed, again until nothing is found any more, and only then is the end told; so a server that is said
// to have stopped has left nothing. The helper is the parent of all orphans (PR_SET_CHILD_SUBREAPER) and reaps them.
#pragma once

#include <functional>
#include <list>
#include <unordered_map>
#include <unordered_set>

#include "base/descriptor.hpp"
#include "helper/cgroup.hpp"
#include "helper/loop.hpp"
#include "helper/process_group.hpp"
#include "privileged/types.hpp"

namespace jhub::helper {

class Leftovers {
  public:
    // Ends first what a helper before this one has left in cgroups of processes that are gone.
    explicit Leftovers(Loop& loop);
    Leftovers(Leftovers const&) = delete;
    Leftovers& operator=(Leftovers const&) = delete;

    // The helper's own children, whom their owners reap: they are nobody's leftovers. Disown one that is reaped.
    void own(int pid) { owned_.insert(pid); }
    void disown(int pid);

    // A process whose leftovers are to be ended one day. Its own pid is spoken for until then.
    void add(ProcessGroup const& group) { groups_[group.leader] = group; }
    // Puts it into a cgroup of its own, if there are any: before it has run anything, so that nothing escapes.
    void enclose(privileged::ProcessId const& id) { cgroups_.enclose(id); }

    // Its leader has ended (and should not be reaped before done is called, so that its number stays its own).
    void end(privileged::ProcessId const& id, std::function<void()> done);
    // A worker that still lives and takes its orphans in itself: everything of it, whoever it belongs to; then done,
    // also when something survives for longer than a few seconds.
    void end_descendants(privileged::ProcessId const& id, std::function<void()> done);

  private:
    struct Ending {
        ProcessGroup group; // leader 0: nothing but a cgroup
        std::string cgroup;
        bool of_worker = false;
        std::function<void()> done;
        Loop::Clock::time_point begun;
        bool reported = false;
    };
    void begin(Ending ending);
    void look();
    [[nodiscard]] bool is_over(Ending& ending, ProcessTable const& table);
    [[nodiscard]] std::vector<int> rest_of(Ending const& ending, ProcessTable const& table) const;
    void report(Ending& ending, std::size_t count);
    void reap_orphans();

    Loop& loop_;
    Cgroups cgroups_;
    Descriptor child_signals_;
    std::unordered_set<int> owned_;
    std::unordered_map<int, ProcessGroup> groups_; // that run, or are being ended
    std::list<Ending> endings_;
    Loop::Timer next_look_ = 0;
    Loop::Clock::duration pause_{};
};

} // namespace jhub::helper

// A cgroup (v2) for each process that the helper starts, with all that comes of it: nothing leaves it, so one write
// ends everything. They lie in a directory "jupyterhub" below the helper's own cgroup, one each, named after process
// and pid namespace; so the next helper knows whose they are. Where no such directory can be made (no cgroup2 mounted,
// or not writable) there are none, and process_group.hpp has to do.
#pragma once

#include <string>
#include <vector>

#include "privileged/types.hpp"

namespace jhub::helper {

class Cgroups {
  public:
    // Looks for the helper's own cgroup, or takes the directory that JUPYTERHUB_CGROUP names ("none": no cgroups). The
    // environment is that of whoever started the helper: root, or the account it runs as.
    Cgroups();
    // The subtree itself, to be made where it is missing; empty: none.
    explicit Cgroups(std::string subtree);

    [[nodiscard]] bool available() const { return !subtree_.empty(); }

    // Puts a process that has no children yet into a cgroup of its own. False when that is not possible, or when the
    // process is not where the helper is: somebody else (logind, for a PAM session) has given it a place.
    bool enclose(privileged::ProcessId const& id) const;

    // The cgroup of that process, if there is one. It may have ended long ago.
    [[nodiscard]] std::string find(privileged::ProcessId const& id) const;
    // Those of which the process that they are named after has ended.
    [[nodiscard]] std::vector<std::string> abandoned() const;

    // SIGKILL to everything in it, also to what is being forked at this moment.
    static void kill(std::string const& cgroup);
    // Whether nothing lives in it.
    [[nodiscard]] static bool is_empty(std::string const& cgroup);
    // False when the kernel is not done with it yet.
    static bool remove(std::string const& cgroup);

  private:
    void prepare_subtree();
    [[nodiscard]] std::string path_of(privileged::ProcessId const& id) const;

    std::string subtree_; // an absolute path
    std::string suffix_;  // "-" and the pid namespace
};

// The directory of the cgroup2 hierarchy in which a process with this /proc/PID/cgroup is, by the mounts of
// /proc/PID/mountinfo; empty: none is mounted where it could be seen.
[[nodiscard]] std::string cgroup_directory(std::string_view mountinfo, std::string_view cgroup);

} // namespace jhub::helper

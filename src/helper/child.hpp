// From fork to exec: how a user's process comes into being. Everything that needs memory or the account database is
// worked out before the fork, in a Plan; between fork and exec the child makes system calls only. The exception is a
// PAM session, if one is wanted: then the modules run in the child, while it is still root.
//
// The child and the helper share a socket. The child says "ready" on it when its identity is dropped and verified and
// it stands in its directory; then it waits for one byte before it runs the command. End of file instead (the helper
// died) ends it. When the command cannot be run it reports the step and the error; when it can, the socket closes.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

#include "base/descriptor.hpp"
#include "base/result.hpp"
#include "privileged/messages.hpp"
#include "privileged/types.hpp"

namespace jhub::helper {

// From the fork to "ready"; a home on a dead file server blocks in chdir, a PAM module wherever it likes.
inline constexpr std::chrono::seconds prepare_patience{20};

struct Plan {
    bool change_identity = false; // false: stays who the helper is
    uid_t uid = 0;
    gid_t gid = 0;
    std::vector<gid_t> groups;            // sorted, no doubles: as the kernel gives them back
    std::vector<std::string> create;      // directories to make first, outermost first
    std::vector<std::string> directories; // the first that can be entered is used; else a new one in /tmp
    std::vector<std::string> programs;    // argv[0] in each directory of PATH
    std::vector<std::string> argv, env;   // env as NAME=value
    std::string path;                     // the PATH it was looked up in, for messages
    rlim_t open_files = 0;                // soft limit to give back; 0: leave as it is
    rlim_t core_size = 0;                 // soft limit of core dumps to give back
    bool no_new_privileges = false;       // sudo and the like do nothing for it: where no person is meant
    std::string pam_service, user;        // whose PAM session to open, with which service; empty: none
};

// Errc::invalid_argument for an empty command or an impossible variable name.
[[nodiscard]] Result<Plan> make_plan(privileged::wire::Prepare const& command, privileged::Account const& account,
                                     bool change_identity);

enum class Stage : std::uint8_t {
    ready,
    session,
    streams,
    limits,
    pam_session,        // not an end: opened, error is the keeper's pid
    pam_session_failed, // not an end either: error is PAM's
    groups,
    group_id,
    user_id,
    identity, // verification: something of the old identity is left
    privileges,
    directory,
    command,
    interpreter, // the command is there, what its #! line names is not
};

struct Report {
    Stage stage = Stage::ready;
    int error = 0;
};

// The report in words for the person who waits: "Command not found: …".
[[nodiscard]] Error describe(Report report, std::string const& command, std::string const& path);

struct Child {
    int pid = 0;
    Descriptor pidfd;
    Descriptor control; // reports come out, one byte goes in
};

[[nodiscard]] Result<Child> fork_child(Plan const& plan, Descriptor output);

} // namespace jhub::helper

// Who can change what lies at a path: the one rule for what root reads as code and what root writes. Whoever can change
// it, or what leads there, decides what root does.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cstdint>
#include <set>
#include <string>

namespace jhub {

// What to do when somebody else can change what root reads.
enum class Trust : std::uint8_t { if_only_root_can_change_it, whoever_can_change_it };

// Those who may change things: root, and whom else the caller names.
struct TrustedAccounts {
    std::set<uid_t> users{0};
    std::set<gid_t> groups{0};
};

// root and the person who called sudo (SUDO_UID and SUDO_GID as that program has set them; anything else: root alone).
[[nodiscard]] TrustedAccounts root_and_sudo(std::string const& sudo_uid, std::string const& sudo_gid);

// A place where somebody else can change things. Converts to false when there is none.
struct TrustProblem {
    std::string place;
    std::string who;    // a sentence without its end: "/opt/conda belongs to the account number 1000"
    std::string remedy; // the command that mends it; empty: none, choose another place
    explicit operator bool() const { return !who.empty(); }
};

// What is wrong with one file, directory or link by itself. Of a sticky directory only the owner of an entry can
// replace that, so being writable by others is no fault of it.
[[nodiscard]] TrustProblem problem_of(std::string const& place, struct stat const& facts,
                                      TrustedAccounts const& trusted);

// Looks at the path, at every directory and every link on the way to it; links are followed. What does not exist cannot
// be changed, but it is a problem when others could make it.
[[nodiscard]] TrustProblem who_can_change(std::string const& path, TrustedAccounts const& trusted);

// The same for a directory in which whatever appears is used: also a sticky one must not be writable by others.
[[nodiscard]] TrustProblem who_can_add(std::string const& directory, TrustedAccounts const& trusted);

} // namespace jhub

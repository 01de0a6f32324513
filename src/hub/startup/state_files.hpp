// The hub's files when it serves under an account of its own but was started as root: they are handed to that account,
// once, and back when it serves as root again. Rules (base/guarded_file.hpp): only links of root's are followed,
// nothing of other people is touched, nor anything of root's in a directory that the hub's account can change: who
// knows how it came there. Directories stay root's.
#pragma once

#include <string>
#include <vector>

#include "config/load.hpp"
#include "config/settings.hpp"
#include "privileged/hub_account.hpp"

namespace jhub::hub {

inline constexpr char const* server_log_directory = "jupyterhub-server-logs";

struct StateFile {
    std::string what; // for people
    std::string path;
};

struct StateFiles {
    std::vector<std::string> directories; // where the hub makes files: the working directory, the database's
    std::vector<StateFile> files;         // those that exist are handed over
    std::vector<StateFile> of_root;       // those that root writes, or the proxy: looked at only
    std::vector<std::string> folders;     // handed over with the files in them
    std::vector<std::string> readable;    // the site's templates and the like, read while serving
};

[[nodiscard]] StateFiles state_files(config::Settings const& settings, config::Environment const& environment,
                                     Account const& account);

// Lets the account make files in a directory of root's: group and sticky bit, so that it cannot replace what is root's
// there, the configuration above all. Directories of the system ("/", "/root", "/etc"), of other people and of other
// groups are left as they are.
void open_directory(std::string const& path, privileged::HubAccount const& account);

// Gives what root or a former account of the hub owns to the account.
void hand_over(StateFiles const& state, privileged::HubAccount const& account);

// Gives root the directories in which the hub worked as jupyterhub.
void take_back_directories(StateFiles const& state);

// What keeps the account from serving, in sentences; empty: nothing. Files of others and the like are seen by this
// process, the rest is tried by one that becomes the account.
[[nodiscard]] std::string obstacle(StateFiles const& state, privileged::HubAccount const& account);

} // namespace jhub::hub

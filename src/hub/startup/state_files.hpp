// The hub's files when it serves under an account of its own but was started as root: they are handed to that account,
// once, and back when it serves as root again. Rules: nothing is followed (symbolic links, second names of a file),
// nothing of other people is touched, directories stay root's.
#pragma once

#include <string>
#include <vector>

#include "config/load.hpp"
#include "config/settings.hpp"
#include "privileged/hub_account.hpp"

namespace jhub::hub {

inline constexpr char const* server_log_directory = "jupyterhub-server-logs";

struct StateFiles {
    std::vector<std::string> directories; // where the hub makes files: the working directory, the database's
    std::vector<std::string> files;       // those that exist are handed over
    std::vector<std::string> folders;     // handed over with the files in them
    std::vector<std::string> readable;    // the site's templates and the like, read while serving
};

[[nodiscard]] StateFiles state_files(config::Settings const& settings, config::Environment const& environment);

// Lets the account make files in a directory of root's: group and sticky bit, so that it cannot replace what is root's
// there, the configuration above all. Directories of the system ("/", "/root", "/etc"), of other people and of other
// groups are left as they are.
void open_directory(std::string const& path, privileged::HubAccount const& account);

// Gives what root or a former account of the hub owns to the account.
void hand_over(StateFiles const& state, privileged::HubAccount const& account);

// Whether a hub has served as the account here before.
[[nodiscard]] bool knows(StateFiles const& state, privileged::HubAccount const& account);

// What keeps the account from serving, in words; empty: nothing. Tried by a process that becomes the account.
[[nodiscard]] std::string obstacle(StateFiles const& state, privileged::HubAccount const& account);

} // namespace jhub::hub

// Where and as whom a local server runs.
#pragma once

#include <string>

#include "base/async.hpp"
#include "privileged/helper.hpp"
#include "spawn/spawner.hpp"

namespace jhub::spawn {

struct LocalOptions;
struct LocalServer;

struct Place {
    std::string account; // empty: the hub's own
    std::string directory;
    bool create_directory = false;
    Environment env; // USER, HOME, SHELL: these win over whatever the request says (reference spawner.md §4, row 25)
};

// The two kinds of local spawner differ in nothing else. The arguments are kept by the caller while it waits.
using FindPlace = Async<Place> (*)(privileged::Helper& helper, LocalServer const& server, LocalOptions const& options);

// The system account of the user's name and its home directory. Errc::not_found when there is no such account.
Async<Place> place_of_account(privileged::Helper& helper, LocalServer const& server, LocalOptions const& options);
// The hub's account, in home_dir_template.
Async<Place> place_of_template(privileged::Helper& helper, LocalServer const& server, LocalOptions const& options);

// Under which account servers placed that way run, whether it exists or not; empty: the hub's own.
std::string account_of(FindPlace how, LocalServer const& server);

// Sets a variable: in its old position, or at the end.
void set_variable(Environment& env, std::string const& name, std::string value);

} // namespace jhub::spawn

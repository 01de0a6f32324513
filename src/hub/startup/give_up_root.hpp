// Started as root, the hub serves under another account; a supervisor keeps root for what needs it
// (docs/decisions/0009).
#pragma once

#include <memory>
#include <optional>

#include "config/load.hpp"
#include "config/settings.hpp"
#include "privileged/supervisor.hpp"

namespace jhub::hub {

// Whose the hub's files are: the account that it will serve under. Changes nothing.
[[nodiscard]] Result<Account> owner_of_files(config::Settings const& settings);

// The account to serve under, its files handed over to it. Empty: this process stays what it is, because it is not
// root, because c.JupyterHub.run_as says so, or because something needs root (the log tells what).
// Errc::invalid_argument with what to do: run_as names an account that cannot serve; a file or directory is one that
// the account cannot use, or that others can change. That never makes the hub serve as root.
[[nodiscard]] Result<std::optional<privileged::HubAccount>> choose_account(config::Settings const& settings,
                                                                           config::Environment const& environment);

// Forks the supervisor, with what its helpers may do, then becomes the account. python: what runs as another account,
// if anything. No threads, no event loop yet.
[[nodiscard]] Result<std::unique_ptr<privileged::Supervisor>>
give_up_root(config::Settings const& settings, privileged::HubAccount const& account, privileged::HelperPolicy policy,
             std::shared_ptr<privileged::PythonProgram> python);

// For commands beside the hub: what they write, the database above all, stays the hub's own, also when root calls them.
[[nodiscard]] Result<> act_as_the_hub(config::Settings const& settings, config::Environment const& environment);

} // namespace jhub::hub

// Makes an account of the machine for a person who has none, with the command that root settled before the hub gave up
// root. The hub says the name and nothing else.
#pragma once

#include <string>
#include <vector>

#include "privileged/helper_policy.hpp"

namespace jhub::helper {

// The command with USERNAME replaced, "--uid N" if configured, and the name last. Errc::invalid_argument for what can
// be no account's name, or what the command could take for an option or a number.
[[nodiscard]] Result<std::vector<std::string>> add_account_command(privileged::AddAccount const& how,
                                                                   std::string const& name);

// In a worker: looks whether there is such an account, runs the command and waits for its end, which the worker's
// deadline bounds. open_files: its soft limit. Errc::conflict for an account that exists, which is left alone.
[[nodiscard]] Result<> add_account(privileged::AddAccount const& how, std::string const& name,
                                   std::uint64_t open_files);

} // namespace jhub::helper

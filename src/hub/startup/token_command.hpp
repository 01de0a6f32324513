// `jupyterhub token NAME`: makes an API token for a user and prints it (reference cli.md §1.5).
#pragma once

#include <string>
#include <vector>

#include "hub/startup/serve.hpp"

namespace jhub::hub {

// The exit code. names: none for the caller's own login name, or one.
[[nodiscard]] int run_token_command(ServeInput const& input, std::vector<std::string> const& names);

} // namespace jhub::hub

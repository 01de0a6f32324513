// What was set for one option of one class, when its bases and recorded changes are taken into account.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/config.hpp"

namespace jhub::config {

struct Resolved {
    Json value; // as a file would have given it
    Origin origin;
};

// Looks through the class's bases, the base first: a later value replaces, recorded changes are replayed (on the
// default when nothing was set before). nullopt when nothing was set. Errors as format_problem writes them.
[[nodiscard]] Result<std::optional<Resolved>> resolve(Sections const& sections, std::string_view class_name,
                                                      Option const& option, std::vector<std::string>& warnings);

// "JupyterHub.hub_port = 'eighty' (jupyterhub_config.py:3): an integer is expected, not a text". Secrets are not shown.
[[nodiscard]] std::string format_problem(Option const& option, std::string_view class_name, Json const& value,
                                         Origin const& origin, std::string_view problem);

} // namespace jhub::config

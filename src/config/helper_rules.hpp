// What root allows the helper beside its own rules: c.JupyterHub.helper_policy, and /etc/jupyterhub/helper-policy,
// which says the same in lines. Both have the same names; what they list adds up.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace jhub::config {

class Config;

struct HelperRules {
    std::optional<std::uint32_t> first_uid; // the lowest number of a person's account
    std::vector<std::string> users, groups; // may have servers though such groups make them powerful
    std::vector<std::string> powerful_groups;
    std::vector<std::string> shells;    // fit for a person, beside /etc/shells
    std::vector<std::string> programs;  // the only ones that people's servers may be; empty: any
    std::vector<std::string> variables; // which make programs load others, and may be set
};

// Errc::invalid_argument with option and place.
[[nodiscard]] Result<HelperRules> read_helper_rules(Config const& config);

// Lines of a name and its values, separated by blanks; # begins a comment. name: of the file, for messages.
// Errc::invalid_argument with file and line.
[[nodiscard]] Result<> add_helper_rules(HelperRules& rules, std::string_view text, std::string const& name);

// Reads the file, when there is one and this process is root: it must be root's and closed to others' writing, with all
// directories on the way. Errc::invalid_argument with the place and the reason.
[[nodiscard]] Result<> add_helper_rules_of_file(HelperRules& rules, std::string const& path);

// Empty: as root, all programs can be run and nobody but root can change them. Otherwise which, and why.
[[nodiscard]] std::string problem_of_programs(HelperRules const& rules);

} // namespace jhub::config

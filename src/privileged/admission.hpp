// Who of the machine's accounts may have a process that a hub asks for: decided by root's policy and the account alone,
// whatever the hub says. Pure, for the helper and for whoever else acts as root for a person.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "privileged/types.hpp"

namespace jhub::privileged {

inline constexpr char const* helper_policy_file = "/etc/jupyterhub/helper-policy";

// What root's policy says about accounts.
struct AdmissionRules {
    bool allow_root_user = false;           // a named account with uid 0
    std::optional<std::uint32_t> first_uid; // the lowest number of a person; empty: UID_MIN of /etc/login.defs
    std::vector<std::uint32_t> never;       // the hub's own account and the proxy's
    std::vector<std::string> shells;        // fit for a person though the machine's list lacks them
    std::vector<std::string> users, groups; // may have servers though such groups make them powerful
    std::vector<std::string> powerful;      // groups that are powerful here, beside the known ones
};

// What the machine's own files say.
struct MachineLists {
    std::uint32_t first_uid = 1000;  // UID_MIN
    std::vector<std::string> shells; // of /etc/shells; empty: there is no such list
};

// Whether the person has shown a password to PAM lately.
enum class RecentLogin : std::uint8_t { no, yes };

// Errc::forbidden with the reason, and for members of powerful groups with what root may do about it.
[[nodiscard]] Result<> admit(AdmissionRules const& rules, MachineLists const& machine, Account const& account,
                             RecentLogin login);

// The same for a program that root's own configuration names: accounts of services (100 and up)
// are good for that, root and those below are not.
[[nodiscard]] Result<> admit_service(AdmissionRules const& rules, Account const& account);

// Why members of the group could do more than a person: "may run everything as root". Empty: they could not.
[[nodiscard]] std::string powerful_because(AdmissionRules const& rules, std::string const& group);
[[nodiscard]] bool is_powerful(AdmissionRules const& rules, Account const& account);

// Reads both files; what is missing or unreadable counts as not there.
[[nodiscard]] MachineLists read_machine_lists(std::string const& login_defs = "/etc/login.defs",
                                              std::string const& shells = "/etc/shells");

} // namespace jhub::privileged

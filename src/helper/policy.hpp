// What a hub may ask for: the helper's answer to each request before anything is done, from root's policy and from
// nothing that the hub says.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "privileged/helper_policy.hpp"
#include "privileged/messages.hpp"

namespace jhub::helper {

namespace wire = privileged::wire;
using privileged::HelperPolicy;

// Whether a process may be started for the account, which was asked for by name (empty: the own account), or taken
// over. own_uid is what the helper runs as. Errc::forbidden with the reason.
[[nodiscard]] Result<> check_account(HelperPolicy const& policy, privileged::MachineLists const& machine,
                                     std::string const& name, privileged::Account const& account, std::uint32_t own_uid,
                                     privileged::RecentLogin login);

// A hub that is not root sets no variable that makes a person's program load what it does not name, unless root's
// configuration has that variable. Errc::forbidden with its name.
[[nodiscard]] Result<> check_environment(HelperPolicy const& policy,
                                         std::vector<std::pair<std::string, std::string>> const& environment);

// A hub that is not root asks the PAM services that root's configuration has, and no other. Errc::forbidden.
[[nodiscard]] Result<> check_login(HelperPolicy const& policy, wire::Authenticate const& login);
[[nodiscard]] Result<> check_session(HelperPolicy const& policy, wire::Prepare const& start);

// SIGINT, SIGTERM, SIGKILL. Errc::forbidden.
[[nodiscard]] Result<> check_signal(int number);

} // namespace jhub::helper

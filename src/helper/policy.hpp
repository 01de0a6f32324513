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

// Whether the start is one of the services of root's configuration, exactly: then its account need not be a person's.
[[nodiscard]] privileged::FixedCommand const* find_service(HelperPolicy const& policy, wire::Prepare const& start);

// A hub that is not root sets no variable that makes a person's program load what it does not name, unless root's
// configuration has that variable. Where root says which program runs, that program is not made to run another:
// variables that its interpreter heeds, and PATH, count as well. Errc::forbidden with the name.
[[nodiscard]] Result<> check_environment(HelperPolicy const& policy, wire::Prepare const& start);

// Of the places where the program may be, those that root allows for people. Errc::forbidden when none is left.
[[nodiscard]] Result<std::vector<std::string>> allowed_programs(HelperPolicy const& policy, wire::Prepare const& start,
                                                                std::vector<std::string> places);

// A hub that is not root asks the PAM services that root's configuration has, and no other. Errc::forbidden.
[[nodiscard]] Result<> check_login(HelperPolicy const& policy, wire::Authenticate const& login);
[[nodiscard]] Result<> check_session(HelperPolicy const& policy, wire::Prepare const& start);

// SIGINT, SIGTERM, SIGKILL. Errc::forbidden.
[[nodiscard]] Result<> check_signal(int number);

} // namespace jhub::helper

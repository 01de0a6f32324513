// The system's account database. Look-ups may block for as long as a directory server likes, so the helper makes them
// in a worker process.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.hpp"
#include "privileged/types.hpp"

namespace jhub::helper {

// The account of that name with all its groups; an empty name is the account this process runs as, which need not be
// in the database. Errc::not_found, Errc::unavailable when the database cannot tell.
[[nodiscard]] Result<privileged::Account> find_account(std::string const& name);
// The same, for somebody else's "own account".
[[nodiscard]] Result<privileged::Account> find_account(std::string const& name, std::uint32_t own_uid,
                                                       std::uint32_t own_gid);

} // namespace jhub::helper

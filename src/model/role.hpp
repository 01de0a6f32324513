// A role as the database keeps it, and who can hold one (reference database.md §3 "roles", "map tables").
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace jhub::model {

struct Role {
    std::int64_t id = 0;
    std::string name;
    std::string description;
    std::vector<std::string> scopes;
    bool managed_by_auth = false; // made by the authenticator (manage_roles), not by the configuration
};

// What a role can be given to.
enum class HolderKind { user, group, service };

} // namespace jhub::model

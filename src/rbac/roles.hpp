// The roles every hub has (reference rbac.md §4), and what load_roles may change about them.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace jhub::rbac {

struct RoleDefinition {
    std::string name;
    std::string description;
    std::vector<std::string> scopes;
};

// user, admin, server, token.
[[nodiscard]] std::vector<RoleDefinition> const& default_roles();
// nullptr when the role is not one of the default ones.
[[nodiscard]] RoleDefinition const* find_default_role(std::string_view name);
// Default roles cannot be deleted.
[[nodiscard]] bool is_default_role(std::string_view name);

} // namespace jhub::rbac

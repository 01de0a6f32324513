// The roles every hub has (reference rbac.md §4), and what load_roles may change about them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace jhub::rbac {

struct RoleDefinition {
    std::string name;
    std::string description;
    std::vector<std::string> scopes;
};

// user, admin, server, token.
[[nodiscard]] std::vector<RoleDefinition> const& default_roles();
// nullptr when the role is not one of the default ones. Default roles cannot be deleted.
[[nodiscard]] RoleDefinition const* find_default_role(std::string_view name);

// An entry of load_roles; what is not written is taken from the default role of that name.
struct RoleOverride {
    std::string name;
    std::optional<std::string> description;
    std::optional<std::vector<std::string>> scopes;
};
// Errc::invalid_argument for an impossible name and for changes to what the role "admin" is.
[[nodiscard]] Result<RoleDefinition> complete_role(RoleOverride const& written);

} // namespace jhub::rbac

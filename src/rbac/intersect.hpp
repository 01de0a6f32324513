// What two sets of scopes have in common (reference rbac.md §6): never more than either of them grants.
#pragma once

#include "rbac/principals.hpp"
#include "rbac/scope_set.hpp"

namespace jhub::rbac {

// A server survives against its owner's user filter and, like a user, against a group that its owner is in.
[[nodiscard]] ScopeSet intersect(ScopeSet const& a, ScopeSet const& b, Memberships const& memberships);

} // namespace jhub::rbac

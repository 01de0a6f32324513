// May this holder do that: single checks against a ScopeSet (reference rbac.md §5). Pure; membership comes from
// outside.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "rbac/principals.hpp"
#include "rbac/scope_set.hpp"

namespace jhub::rbac {

// What an action is about; views, valid during the call.
struct Target {
    FilterKind kind = FilterKind::none;
    std::string_view value; // kind server: "USER/SERVER"

    static Target everything() { return {}; }
    static Target user(std::string_view name) { return {FilterKind::user, name}; }
    static Target group(std::string_view name) { return {FilterKind::group, name}; }
    static Target service(std::string_view name) { return {FilterKind::service, name}; }
    static Target server(std::string_view user_slash_server) { return {FilterKind::server, user_slash_server}; }
};

// "USER/SERVER", the value of server filters.
[[nodiscard]] std::string server_filter(std::string_view user_name, std::string_view server_name);

// The target "everything" needs an unrestricted holding. It serves actions and the fields of models alike: ask for
// each scope with Target::user(name), Target::server(…) … whether the fields it guards may be shown.
[[nodiscard]] bool has_scope(ScopeSet const& held, Scope scope, Target const& target, Memberships const& memberships);

// The same for a scope as text, "users!user=ada"; an unknown scope is held by nobody.
[[nodiscard]] bool has_scope(ScopeSet const& held, std::string_view text, ScopeRegistry const& registry,
                             Memberships const& memberships);

} // namespace jhub::rbac

#include "rbac/requirement.hpp"

#include <algorithm>

namespace jhub::rbac {

PathTarget target_of(PathNames const& names)
{
    if (names.user && names.has_server) {
        // Without a server in the path nothing matches by its server, as upstream's "U/None" never does; a holding
        // for the user still does.
        return {FilterKind::server, server_filter(*names.user, names.server.value_or("None"))};
    }
    if (names.user)
        return {FilterKind::user, *names.user};
    if (names.group)
        return {FilterKind::group, *names.group};
    if (names.service)
        return {FilterKind::service, *names.service};
    return {};
}

Access decide(Requirement const& requirement, bool identified, ScopeSet const& held, Target const& target,
              Memberships const& memberships)
{
    using Kind = Requirement::Kind;
    if (requirement.kind() == Kind::anyone || requirement.kind() == Kind::handler)
        return Access::granted;
    if (!identified)
        return Access::forbidden;
    if (requirement.kind() == Kind::signed_in)
        return Access::granted;

    bool const is_granted = std::ranges::any_of(requirement.any_of(), [&](Scope scope) {
        return has_scope(held, scope, target, memberships) ||
               (requirement.is_listing() && target.kind == FilterKind::none && held.holds_any(scope));
    });
    if (is_granted)
        return Access::granted;
    bool const holds_some =
        std::ranges::any_of(requirement.any_of(), [&](Scope scope) { return held.holds_any(scope); });
    return holds_some && target.kind != FilterKind::none ? Access::hidden : Access::forbidden;
}

} // namespace jhub::rbac

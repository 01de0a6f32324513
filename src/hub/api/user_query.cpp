#include "hub/api/user_query.hpp"

namespace jhub::hub::api {
namespace {

// A restricted holding of list:users narrows the list to its users and groups.
Result<> narrow(store::UserQuery& query, rbac::ScopeSet const& scopes)
{
    if (scopes.holds_all(rbac::Scope::list_users))
        return {};
    query.names.emplace();
    query.groups.emplace();
    for (auto const& holding : scopes.of(rbac::Scope::list_users)) {
        if (holding.kind == rbac::FilterKind::user)
            query.names->push_back(holding.value);
        else if (holding.kind == rbac::FilterKind::group)
            query.groups->push_back(holding.value);
        else
            return fail(Errc::forbidden, "This way of restricting list:users cannot be used here.");
    }
    return {};
}

} // namespace

Result<store::UserQuery> user_query(RequestContext const& context)
{
    store::UserQuery query;
    if (auto const state = context.argument("state")) {
        if (*state == "active" || *state == "ready")
            query.state = store::UserState::active;
        else if (*state == "inactive")
            query.state = store::UserState::inactive;
        else
            return fail(Errc::invalid_argument, "state must be one of active, ready, inactive.");
    }
    query.name_filter = context.argument("name_filter").value_or("");
    if (auto sort = context.argument("sort")) {
        std::string_view by = *sort;
        query.descending = by.starts_with('-');
        if (query.descending)
            by.remove_prefix(1);
        if (by == "name")
            query.sort = store::UserSort::name;
        else if (by == "last_activity")
            query.sort = store::UserSort::last_activity;
        else if (by != "id")
            return fail(Errc::invalid_argument,
                        "sort must be one of id, name, last_activity, with - in front for descending.");
    }
    CHECK(narrow(query, context.principal.scopes));
    return query;
}

} // namespace jhub::hub::api

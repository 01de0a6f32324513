#include "hub/api/share_queries.hpp"

#include "store/groups.hpp"
#include "store/users.hpp"

namespace jhub::hub::api {

Result<SharedServer> server_in_path(store::Transaction& transaction, RequestContext const& context)
{
    return find_shared_server(transaction, context.path_value("user"), context.path_value("server"));
}

Result<store::ShareQuery> query_in_path(store::Transaction& transaction, RequestContext const& context, ListedBy by)
{
    store::ShareQuery query;
    if (by == ListedBy::server) {
        TRY(auto const server, server_in_path(transaction, context));
        query.spawner_id = server.spawner.id;
    } else if (by == ListedBy::group) {
        auto const group = store::find_group(transaction, context.path_value("group"));
        if (!group)
            return fail(Errc::not_found, "");
        query.group_id = group->id;
    } else {
        auto const user = store::find_user(transaction, context.path_value("user"));
        if (!user)
            return fail(Errc::not_found, "");
        (by == ListedBy::owner ? query.owner_id : query.user_id) = user->id;
        query.through_groups = by == ListedBy::user;
    }
    return query;
}

} // namespace jhub::hub::api

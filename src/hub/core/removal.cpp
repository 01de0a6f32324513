#include "hub/core/removal.hpp"

#include "hub/core/hub.hpp"
#include "store/spawners.hpp"
#include "store/users.hpp"

namespace jhub::hub {

Async<> remove_named_server(Hub& hub, std::int64_t user_id, std::string server_name)
{
    auto const remove = [user_id, server_name](store::Transaction& transaction) {
        auto const row = store::find_spawner(transaction, user_id, server_name);
        return row && store::delete_spawner(transaction, row->id);
    };
    CO_CHECK(co_await hub.store.write(remove));
    if (auto const server = hub.servers.find(user_id, server_name); server && !server->active())
        hub.servers.remove(*server);
    co_return Result<>{};
}

Async<> remove_user(Hub& hub, std::int64_t user_id)
{
    auto const remove = [user_id](store::Transaction& transaction) { return store::delete_user(transaction, user_id); };
    CO_CHECK(co_await hub.store.write(remove));
    // Also what is remembered of failed starts: the next user may get the same id.
    for (auto const& server : hub.servers.of_user(user_id))
        if (!server->active())
            hub.servers.remove(*server);
    co_return Result<>{};
}

} // namespace jhub::hub

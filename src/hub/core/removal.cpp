#include "hub/core/removal.hpp"

#include "base/log.hpp"
#include "hub/core/hub.hpp"
#include "store/spawners.hpp"
#include "store/users.hpp"

namespace jhub::hub {

namespace {

// Spawner.delete_forever of a Python class: its failure keeps nobody from being deleted.
Task<> tell_spawner(Hub& hub, model::User user, std::string server_name)
{
    if (!hub.python.spawner_does("delete_forever"))
        co_return;
    std::string const label = user.name + "/" + server_name;
    auto const question = co_await describe_spawner(hub, std::move(user), std::move(server_name));
    if (!question)
        co_return log::error("{}: its spawner is not told of the deletion: {}", label, question.error().message);
    auto const told = co_await hub.python.call("spawner.delete_forever", *question, stop_patience);
    if (!told)
        log::error("{}: delete_forever failed: {}", label, told.error().message);
}

} // namespace

Async<> remove_named_server(Hub& hub, std::int64_t user_id, std::string server_name)
{
    auto const find = [user_id](store::Transaction& transaction) {
        return store::find_user_by_id(transaction, user_id);
    };
    CO_TRY(auto const user, co_await hub.store.read(find));
    if (user)
        co_await tell_spawner(hub, *user, server_name);
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
    struct Known {
        std::optional<model::User> user;
        std::vector<model::SpawnerRow> servers;
    };
    auto const find = [user_id](store::Transaction& transaction) {
        return Known{store::find_user_by_id(transaction, user_id), store::spawners_of_user(transaction, user_id)};
    };
    CO_TRY(Known const known, co_await hub.store.read(find));
    if (known.user) {
        if (auto const told = co_await hub.authenticator->delete_user(known.user->name); !told)
            log::error("{}: the authenticator's delete_user failed: {}", known.user->name, told.error().message);
        for (auto const& row : known.servers)
            co_await tell_spawner(hub, *known.user, row.name);
    }
    auto const remove = [user_id](store::Transaction& transaction) { return store::delete_user(transaction, user_id); };
    CO_CHECK(co_await hub.store.write(remove));
    hub.refreshed_logins.erase(user_id);
    // Also what is remembered of failed starts: the next user may get the same id.
    for (auto const& server : hub.servers.of_user(user_id))
        if (!server->active())
            hub.servers.remove(*server);
    co_return Result<>{};
}

} // namespace jhub::hub

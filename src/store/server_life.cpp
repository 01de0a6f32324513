// The writes of a server's life, each one unit of work (reference database.md §5): what a restarted hub needs to finish
// or undo the step is in the database before the step is taken. Declared in spawners.hpp.
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "store/oauth.hpp"
#include "store/own_tables.hpp"
#include "store/servers.hpp"
#include "store/session.hpp"
#include "store/spawners.hpp"
#include "store/stop_intentions.hpp"
#include "store/tokens.hpp"
#include "store/users.hpp"

namespace jhub::store {

SpawnIds begin_spawn(Transaction& transaction, SpawnStart const& start)
{
    std::optional<model::SpawnerRow> spawner = find_spawner_by_id(transaction, start.spawner_id);
    if (!spawner)
        throw std::runtime_error(fmt::format("begin_spawn: there is no spawner {}", start.spawner_id));
    std::optional<std::int64_t> const former_server = spawner->server_id;

    SpawnIds ids;
    if (start.client) {
        upsert_oauth_client(transaction, *start.client);
        spawner->oauth_client_id = start.client->identifier;
    }
    if (start.token)
        ids.token_id = insert_token(transaction, *start.token);
    ids.server_id = insert_server(transaction, start.server);

    spawner->server_id = ids.server_id;
    spawner->started = start.now;
    spawner->last_activity = start.now;
    if (start.user_options)
        spawner->user_options = start.user_options;
    update_spawner(transaction, *spawner);
    touch_users(transaction, {{spawner->user_id, start.now}});
    if (former_server)
        delete_server(transaction, *former_server);
    return ids;
}

bool finish_spawn(Transaction& transaction, std::int64_t spawner_id, model::ServerRow const& endpoint,
                  Json const& state)
{
    std::int64_t const updated =
        transaction.session().execute("UPDATE servers SET proto = :proto, ip = :ip, port = :port "
                                      "WHERE id = (SELECT server_id FROM spawners WHERE spawners.id = :spawner_id)",
                                      {endpoint.proto, endpoint.ip, endpoint.port, spawner_id});
    return updated > 0 && set_spawner_state(transaction, spawner_id, state);
}

bool finish_stop(Transaction& transaction, SpawnStop const& stop)
{
    std::optional<model::SpawnerRow> spawner = find_spawner_by_id(transaction, stop.spawner_id);
    if (!spawner)
        return false;
    std::optional<std::int64_t> const server_id = std::exchange(spawner->server_id, std::nullopt);
    std::optional<std::string> const client = spawner->oauth_client_id;
    spawner->started.reset();
    spawner->last_activity = stop.now;
    spawner->state = stop.state;
    if (!stop.will_resume)
        spawner->oauth_client_id.reset();
    update_spawner(transaction, *spawner);
    touch_users(transaction, {{spawner->user_id, stop.now}});

    if (server_id)
        delete_server(transaction, *server_id);
    delete_process(transaction, stop.spawner_id);
    delete_stop_intention(transaction, stop.spawner_id);
    if (stop.will_resume)
        return true;
    if (stop.token_id)
        delete_token(transaction, *stop.token_id);
    if (!stop.token_note.empty())
        delete_tokens_with_note(transaction, spawner->user_id, stop.token_note);
    if (client)
        delete_oauth_client(transaction, *client);
    return true;
}

} // namespace jhub::store

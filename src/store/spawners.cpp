#include "store/spawners.hpp"

#include <array>

#include "store/fresh_id.hpp"
#include "store/oauth.hpp"
#include "store/rows.hpp"
#include "store/servers.hpp"
#include "store/session.hpp"
#include "store/stop_intentions.hpp"

namespace jhub::store {
namespace {

Columns columns_of(model::SpawnerRow const& spawner)
{
    return {{"user_id", spawner.user_id},
            {"server_id", spawner.server_id},
            {"state", spawner.state},
            {"name", spawner.name},
            {"started", spawner.started},
            {"last_activity", spawner.last_activity},
            {"user_options", spawner.user_options},
            {"oauth_client_id", spawner.oauth_client_id}};
}

} // namespace

std::optional<model::SpawnerRow> find_spawner(Transaction& transaction, std::int64_t user_id, std::string_view name)
{
    // No constraint forbids two rows of one name; the first is the one upstream finds, too.
    return transaction.session().first("SELECT " SPAWNER_COLUMNS
                                       " FROM spawners WHERE user_id = :user_id AND name = :name ORDER BY id LIMIT 1",
                                       {user_id, name}, read_spawner);
}

std::optional<model::SpawnerRow> find_spawner_by_id(Transaction& transaction, std::int64_t id)
{
    return transaction.session().first("SELECT " SPAWNER_COLUMNS " FROM spawners WHERE id = :id", {id}, read_spawner);
}

std::vector<model::SpawnerRow> spawners_of_user(Transaction& transaction, std::int64_t user_id)
{
    return transaction.session().all("SELECT " SPAWNER_COLUMNS " FROM spawners WHERE user_id = :user_id ORDER BY id",
                                     {user_id}, read_spawner);
}

model::SpawnerRow ensure_spawner(Transaction& transaction, std::int64_t user_id, std::string_view name)
{
    if (auto found = find_spawner(transaction, user_id, name))
        return *std::move(found);
    model::SpawnerRow spawner{.user_id = user_id, .name = std::string(name)};
    spawner.id = insert_spawner(transaction, spawner);
    return spawner;
}

std::int64_t insert_spawner(Transaction& transaction, model::SpawnerRow const& spawner)
{
    Columns columns = columns_of(spawner);
    columns.emplace_back("id", fresh_id(transaction, IdsOf::spawners));
    return transaction.session().insert("spawners", columns);
}

bool update_spawner(Transaction& transaction, model::SpawnerRow const& spawner)
{
    return transaction.session().update("spawners", spawner.id, columns_of(spawner));
}

bool set_spawner_state(Transaction& transaction, std::int64_t id, Json const& state)
{
    return transaction.session().update("spawners", id, {{"state", state}});
}

void touch_spawners(Transaction& transaction, std::map<std::int64_t, Timestamp> const& seen)
{
    for (auto const& [id, time] : seen)
        transaction.session().execute("UPDATE spawners SET last_activity = :seen WHERE id = :id "
                                      "AND (last_activity IS NULL OR last_activity < :seen)",
                                      {time, id});
}

bool delete_spawner(Transaction& transaction, std::int64_t id)
{
    std::optional<model::SpawnerRow> const spawner = find_spawner_by_id(transaction, id);
    if (!spawner)
        return false;
    static constexpr std::array<std::string_view, 4> row_and_hanging_on_it{
        "DELETE FROM shares WHERE spawner_id = :id",
        "DELETE FROM share_codes WHERE spawner_id = :id",
        "DELETE FROM jhub_processes WHERE spawner_id = :id",
        "DELETE FROM spawners WHERE id = :id",
    };
    for (std::string_view const sql : row_and_hanging_on_it)
        transaction.session().execute(sql, {id});
    delete_stop_intention(transaction, id);
    retire_id(transaction, IdsOf::spawners, id);
    if (spawner->server_id)
        delete_server(transaction, *spawner->server_id);
    if (spawner->oauth_client_id)
        delete_oauth_client(transaction, *spawner->oauth_client_id);
    return true;
}

std::vector<RunningSpawner> running_spawners(Transaction& transaction)
{
    return transaction.session().all(
        "SELECT " SPAWNER_COLUMNS ", " SERVER_COLUMNS ", " USER_COLUMNS " FROM spawners "
        "JOIN servers ON servers.id = spawners.server_id "
        "JOIN users ON users.id = spawners.user_id ORDER BY spawners.id",
        {}, [](Row& row) {
            return RunningSpawner{.spawner = read_spawner(row), .server = read_server(row), .user = read_user(row)};
        });
}

} // namespace jhub::store

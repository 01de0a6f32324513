// Queries about single-user servers: their rows, and the writes of starting and stopping them (reference database.md
// §5, spawner.md §3, §9).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/oauth.hpp"
#include "model/spawner.hpp"
#include "model/token.hpp"
#include "model/user.hpp"
#include "store/transaction.hpp"

namespace jhub::store {

std::optional<model::SpawnerRow> find_spawner(Transaction&, std::int64_t user_id, std::string_view name);
std::optional<model::SpawnerRow> find_spawner_by_id(Transaction&, std::int64_t id);
std::vector<model::SpawnerRow> spawners_of_user(Transaction&, std::int64_t user_id); // by id

// The user's row of that name, made when missing.
model::SpawnerRow ensure_spawner(Transaction&, std::int64_t user_id, std::string_view name);
std::int64_t insert_spawner(Transaction&, model::SpawnerRow const& spawner);
bool update_spawner(Transaction&, model::SpawnerRow const& spawner); // all columns, by id
bool set_spawner_state(Transaction&, std::int64_t id, Json const& state);
// last_activity moves forward only.
void touch_spawners(Transaction&, std::map<std::int64_t, Timestamp> const& seen);
// With its server row, OAuth client (and with that tokens and codes) and shares. False: no such row.
bool delete_spawner(Transaction&, std::int64_t id);

// Everything that is written before a server starts, in one unit.
struct SpawnStart {
    std::int64_t spawner_id = 0;
    model::ServerRow server; // base_url at least; proto, ip and port as far as known
    Timestamp now{};
    std::optional<Json> user_options; // nothing: the stored ones stay
    std::optional<model::ApiToken> token;
    std::optional<model::OAuthClient> client; // upserted, and named in the spawner row
};
struct SpawnIds {
    std::int64_t server_id = 0;
    std::optional<std::int64_t> token_id;
};
SpawnIds begin_spawn(Transaction&, SpawnStart const& start); // throws when there is no such spawner row

// After the spawner's start(): where the server answers, and what finds it again. False: no such active server.
bool finish_spawn(Transaction&, std::int64_t spawner_id, model::ServerRow const& endpoint, Json const& state);

// A server that stopped, or failed to start. The row stays, its server row goes.
struct SpawnStop {
    std::int64_t spawner_id = 0;
    Timestamp now{};
    Json state = Json::object();          // what is left after clear_state()
    bool will_resume = false;             // true: token and OAuth client stay for the next start
    std::optional<std::int64_t> token_id; // the server's token when known
    std::string token_note;               // and by its note, "Server at <base_url>", for one that is not
};
bool finish_stop(Transaction&, SpawnStop const& stop);

struct RunningSpawner {
    model::SpawnerRow spawner;
    model::ServerRow server;
    model::User user;
};
std::vector<RunningSpawner> running_spawners(Transaction&); // every spawner with a server row, by id

} // namespace jhub::store

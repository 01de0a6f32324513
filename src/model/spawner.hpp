// A single-user server as the database keeps it: the spawner row lives as long as the server's name, the server row
// only while it runs (reference database.md §3 "spawners", "servers"). Plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/json.hpp"

namespace jhub::model {

struct SpawnerRow {
    std::int64_t id = 0;
    std::int64_t user_id = 0;
    std::optional<std::int64_t> server_id; // present exactly while the server is active
    Json state = Json::object();           // what the spawner needs to find its server again, {"pid": 123}
    std::string name;                      // "" is the default server
    std::optional<Timestamp> started;      // nothing while stopped
    std::optional<Timestamp> last_activity;
    std::optional<Json> user_options; // the last options given, nothing when never started
    std::optional<std::string> oauth_client_id;
};

// Where a running server or service answers.
struct ServerRow {
    std::int64_t id = 0;
    std::string proto = "http";
    std::string ip;
    int port = 0;
    std::string base_url = "/";
    std::string cookie_name = "cookie";
};

} // namespace jhub::model

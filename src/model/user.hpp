// A user as the database keeps it (reference database.md §3 "users"). A plain value: knows neither store nor hub.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/json.hpp"

namespace jhub::model {

struct User {
    std::int64_t id = 0;
    std::string name;
    bool admin = false;
    std::optional<Timestamp> created;
    std::optional<Timestamp> last_activity;
    std::string cookie_id;                           // uuid4, 32 hex digits; unique
    std::optional<Json> state;                       // spawner state from before JupyterHub 0.8; usually nothing or {}
    std::optional<std::string> encrypted_auth_state; // Fernet token (reference auth-flow.md §10)
};

} // namespace jhub::model

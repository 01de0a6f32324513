// What a start needs from the database, from the configuration and from hooks, gathered before anything runs.
#pragma once

#include <string>

#include "hub/core/launcher.hpp"
#include "model/user.hpp"

namespace jhub::hub {

struct Launcher::Preparation {
    model::User user;
    std::string token;
    spawn::StartRequest request;
    Json question; // whose server it is, as the Python process wants it; null when it is not asked
};

// http://127.0.0.1:40001
[[nodiscard]] std::string address_url(spawn::Endpoint const& endpoint);

} // namespace jhub::hub

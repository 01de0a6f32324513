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

} // namespace jhub::hub

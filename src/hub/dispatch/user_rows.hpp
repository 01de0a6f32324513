// What the database says of a user beside their row, for the templates of a site: groups, roles, servers, auth_state.
// Of the shipped templates only home.html needs some of it, so elsewhere it is read only where a site has templates.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/async.hpp"
#include "model/group.hpp"
#include "model/role.hpp"
#include "model/spawner.hpp"
#include "model/user.hpp"

namespace jhub::hub {

class RequestContext;

struct UserRows {
    std::vector<model::Group> groups;
    std::vector<model::Role> roles;          // directly held
    std::vector<model::SpawnerRow> spawners; // by id
    std::optional<std::string> encrypted_auth_state;
};

// Puts them into context.user_rows.
Async<> look_up(RequestContext& context, model::User user);
// The same where the site has templates; else it returns at once.
Async<> look_up_for_templates(RequestContext& context, model::User user);

} // namespace jhub::hub

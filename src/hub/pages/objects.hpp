// The hub's users and servers as templates see them (reference http-pages.md §10). Copies of what was read: nothing
// here asks the store.
#pragma once

#include <memory>
#include <vector>

#include "hub/core/live_server.hpp"
#include "hub/core/registry.hpp"
#include "hub/core/urls.hpp"
#include "jinja/value.hpp"
#include "model/spawner.hpp"
#include "model/user.hpp"

namespace jhub::hub::pages {

struct UserView {
    model::User user;
    std::vector<std::string> groups;
    std::vector<model::SpawnerRow> spawners; // may be empty when the page does not list servers
    std::string options_form;
};

// row may be null for a server that was never started.
[[nodiscard]] jinja::Value spawner_object(std::string const& server_name, model::SpawnerRow const* row,
                                          LiveServer const* live, std::string url, std::string progress_url,
                                          std::string user_name);
[[nodiscard]] jinja::Value user_object(UserView view, Registry const& registry, Urls const& urls);

} // namespace jhub::hub::pages

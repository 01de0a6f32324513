// The JSON models of the REST API (reference rest-api.md §2): which field is shown depends on the scopes held. Pure
// functions over what was read; run inside a unit of the store because group membership may be asked for.
#pragma once

#include <optional>
#include <string>

#include "base/json.hpp"
#include "hub/core/live_server.hpp"
#include "hub/core/principal.hpp"
#include "hub/core/registry.hpp"
#include "hub/core/urls.hpp"
#include "rbac/check.hpp"
#include "store/overview.hpp"
#include "store/tokens.hpp"

namespace jhub::hub::api {

// A server as it is right now, copied from the registry so that a thread of the store may use it.
struct ServerNow {
    ServerState state = ServerState::stopped;
    Json user_options, spawner_state;
};
using ServersNow = std::map<std::pair<std::int64_t, std::string>, ServerNow>; // by user id and server name

[[nodiscard]] ServersNow servers_now(Registry const& registry);
[[nodiscard]] ServersNow servers_now(Registry const& registry, std::int64_t user_id);
[[nodiscard]] ServersNow servers_now(Registry const& registry, std::string_view user_name);

// Who looks, and with what.
struct Viewer {
    rbac::ScopeSet const& scopes;
    rbac::Memberships const& memberships;
    Urls const& urls;
    bool include_stopped = false;
    bool may_see(rbac::Scope scope, rbac::Target const& target) const
    {
        return rbac::has_scope(scopes, scope, target, memberships);
    }
};

// Only the fields that the viewer may see; an empty object when that is none.
[[nodiscard]] Json user_model(store::UserOverview const& user, ServersNow const& live, Viewer const& viewer);
[[nodiscard]] Json server_model(store::UserOverview const& user, store::ServerOverview const& server,
                                ServerNow const& now, Viewer const& viewer);
[[nodiscard]] Json group_model(store::GroupOverview const& group, Viewer const& viewer);
[[nodiscard]] Json service_model(model::ServiceRow const& service, std::vector<std::string> const& roles,
                                 Viewer const& viewer);
[[nodiscard]] Json token_model(store::TokenListing const& listing, std::string const& owner_kind,
                               std::string const& owner, std::vector<std::string> const& scopes);

[[nodiscard]] Json time_json(std::optional<Timestamp> const& time);

} // namespace jhub::hub::api

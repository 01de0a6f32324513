// What the API models of users and groups need, in a handful of queries however long the page is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/group.hpp"
#include "model/spawner.hpp"
#include "model/user.hpp"
#include "store/groups.hpp"
#include "store/transaction.hpp"
#include "store/users.hpp"

namespace jhub::store {

struct ServerOverview {
    model::SpawnerRow spawner;
    std::optional<model::ServerRow> server; // while active
};

struct UserOverview {
    model::User user;
    std::vector<std::string> roles;      // names, directly assigned, by role id
    std::vector<std::string> groups;     // names, by group id
    std::vector<ServerOverview> servers; // active and stopped, by spawner id
};

struct GroupOverview {
    model::Group group;
    std::vector<std::string> users; // names, by user id
    std::vector<std::string> roles;
};

std::optional<UserOverview> load_user_overview(Transaction&, std::string_view name);
std::optional<UserOverview> load_user_overview(Transaction&, std::int64_t user_id);
std::vector<UserOverview> list_user_overviews(Transaction&, UserQuery const& query);
std::optional<GroupOverview> load_group_overview(Transaction&, std::string_view name);
std::vector<GroupOverview> list_group_overviews(Transaction&, GroupQuery const& query);

} // namespace jhub::store

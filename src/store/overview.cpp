#include "store/overview.hpp"

#include <unordered_map>

#include "store/rows.hpp"
#include "store/session.hpp"

namespace jhub::store {
namespace {

// Rows of other tables that belong to the users (or groups) of a page: the first column is the owner's id.
template <typename T, typename Read>
std::vector<std::pair<std::int64_t, T>> of_owners(Session& session, std::string_view sql,
                                                  std::vector<std::int64_t> const& owners, Read read)
{
    return session.all(sql, {owners}, [&read](Row& row) {
        std::int64_t const owner = row.integer();
        return std::pair<std::int64_t, T>(owner, read(row));
    });
}

ServerOverview read_server_overview(Row& row)
{
    ServerOverview overview{.spawner = read_spawner(row), .server = std::nullopt};
    model::ServerRow server = read_server(row); // all NULL when the server is stopped
    if (server.id != 0)
        overview.server = std::move(server);
    return overview;
}

std::vector<UserOverview> complete(Session& session, std::vector<model::User> users)
{
    std::vector<UserOverview> overviews;
    std::vector<std::int64_t> ids;
    std::unordered_map<std::int64_t, std::size_t> place_of;
    overviews.reserve(users.size());
    for (model::User& user : users) {
        place_of[user.id] = overviews.size();
        ids.push_back(user.id);
        overviews.push_back({.user = std::move(user), .roles = {}, .groups = {}, .servers = {}});
    }
    auto roles = of_owners<std::string>(session,
                                        "SELECT user_role_map.user_id, roles.name FROM user_role_map "
                                        "JOIN roles ON roles.id = user_role_map.role_id "
                                        "WHERE user_role_map.user_id IN (SELECT value FROM json_each(:ids)) "
                                        "ORDER BY roles.id",
                                        ids, read_text);
    for (auto& [id, role] : roles)
        overviews[place_of.at(id)].roles.push_back(std::move(role));

    auto groups = of_owners<std::string>(session,
                                         "SELECT user_group_map.user_id, groups.name FROM user_group_map "
                                         "JOIN groups ON groups.id = user_group_map.group_id "
                                         "WHERE user_group_map.user_id IN (SELECT value FROM json_each(:ids)) "
                                         "ORDER BY groups.id",
                                         ids, read_text);
    for (auto& [id, group] : groups)
        overviews[place_of.at(id)].groups.push_back(std::move(group));

    auto servers = of_owners<ServerOverview>(session,
                                             "SELECT spawners.user_id, " SPAWNER_COLUMNS ", " SERVER_COLUMNS
                                             " FROM spawners LEFT JOIN servers ON servers.id = spawners.server_id "
                                             "WHERE spawners.user_id IN (SELECT value FROM json_each(:ids)) "
                                             "ORDER BY spawners.id",
                                             ids, read_server_overview);
    for (auto& [id, server] : servers)
        overviews[place_of.at(id)].servers.push_back(std::move(server));
    return overviews;
}

std::optional<UserOverview> complete_one(Session& session, std::optional<model::User> user)
{
    if (!user)
        return std::nullopt;
    std::vector<model::User> users;
    users.push_back(*std::move(user));
    return std::move(complete(session, std::move(users)).front());
}

} // namespace

std::optional<UserOverview> load_user_overview(Transaction& transaction, std::string_view name)
{
    return complete_one(transaction.session(), find_user(transaction, name));
}

std::optional<UserOverview> load_user_overview(Transaction& transaction, std::int64_t user_id)
{
    return complete_one(transaction.session(), find_user_by_id(transaction, user_id));
}

std::vector<UserOverview> list_user_overviews(Transaction& transaction, UserQuery const& query)
{
    return complete(transaction.session(), list_users(transaction, query));
}

std::optional<GroupOverview> load_group_overview(Transaction& transaction, std::string_view name)
{
    std::vector<GroupOverview> found =
        list_group_overviews(transaction, {.names = std::vector<std::string>{std::string(name)}});
    return found.empty() ? std::nullopt : std::optional(std::move(found.front()));
}

std::vector<GroupOverview> list_group_overviews(Transaction& transaction, GroupQuery const& query)
{
    std::vector<GroupOverview> overviews;
    std::vector<std::int64_t> ids;
    std::unordered_map<std::int64_t, std::size_t> place_of;
    for (model::Group& group : list_groups(transaction, query)) {
        place_of[group.id] = overviews.size();
        ids.push_back(group.id);
        overviews.push_back({.group = std::move(group), .users = {}, .roles = {}});
    }
    auto users = of_owners<std::string>(transaction.session(),
                                        "SELECT user_group_map.group_id, users.name FROM user_group_map "
                                        "JOIN users ON users.id = user_group_map.user_id "
                                        "WHERE user_group_map.group_id IN (SELECT value FROM json_each(:ids)) "
                                        "ORDER BY users.id",
                                        ids, read_text);
    for (auto& [id, user] : users)
        overviews[place_of.at(id)].users.push_back(std::move(user));

    auto roles = of_owners<std::string>(transaction.session(),
                                        "SELECT group_role_map.group_id, roles.name FROM group_role_map "
                                        "JOIN roles ON roles.id = group_role_map.role_id "
                                        "WHERE group_role_map.group_id IN (SELECT value FROM json_each(:ids)) "
                                        "ORDER BY roles.id",
                                        ids, read_text);
    for (auto& [id, role] : roles)
        overviews[place_of.at(id)].roles.push_back(std::move(role));
    return overviews;
}

} // namespace jhub::store

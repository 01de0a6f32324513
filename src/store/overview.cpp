#include "store/overview.hpp"

#include <unordered_map>

#include "store/rows.hpp"
#include "store/session.hpp"

namespace jhub::store {
namespace {

// The users (or groups) of a page, each to be completed with what belongs to it in other tables.
template <typename Overview> class Page {
  public:
    void add(std::int64_t id, Overview overview)
    {
        place_of_[id] = overviews_.size();
        ids_.push_back(id);
        overviews_.push_back(std::move(overview));
    }
    // sql: rows that begin with their owner's id, of the owners :ids. The rest, as read(Row&) reads it, goes into
    // field.
    template <typename T, typename Read>
    void attach(Session& session, std::vector<T> Overview::* field, std::string_view sql, Read read)
    {
        auto rows = session.all(sql, {ids_}, [&read](Row& row) {
            std::int64_t const owner = row.integer();
            return std::pair<std::int64_t, T>(owner, read(row));
        });
        for (auto& [owner, value] : rows)
            (overviews_[place_of_.at(owner)].*field).push_back(std::move(value));
    }
    std::vector<Overview> take() { return std::move(overviews_); }

  private:
    std::vector<Overview> overviews_;
    std::vector<std::int64_t> ids_;
    std::unordered_map<std::int64_t, std::size_t> place_of_;
};

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
    Page<UserOverview> page;
    for (model::User& user : users) {
        std::int64_t const id = user.id;
        page.add(id, {.user = std::move(user), .roles = {}, .groups = {}, .servers = {}});
    }
    page.attach(session, &UserOverview::roles,
                "SELECT user_role_map.user_id, roles.name FROM user_role_map "
                "JOIN roles ON roles.id = user_role_map.role_id "
                "WHERE user_role_map.user_id IN (SELECT value FROM json_each(:ids)) ORDER BY roles.id",
                read_text);
    page.attach(session, &UserOverview::groups,
                "SELECT user_group_map.user_id, groups.name FROM user_group_map "
                "JOIN groups ON groups.id = user_group_map.group_id "
                "WHERE user_group_map.user_id IN (SELECT value FROM json_each(:ids)) ORDER BY groups.id",
                read_text);
    page.attach(session, &UserOverview::servers,
                "SELECT spawners.user_id, " SPAWNER_COLUMNS ", " SERVER_COLUMNS
                " FROM spawners LEFT JOIN servers ON servers.id = spawners.server_id "
                "WHERE spawners.user_id IN (SELECT value FROM json_each(:ids)) ORDER BY spawners.id",
                read_server_overview);
    return page.take();
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
    Page<GroupOverview> page;
    for (model::Group& group : list_groups(transaction, query)) {
        std::int64_t const id = group.id;
        page.add(id, {.group = std::move(group), .users = {}, .roles = {}});
    }
    page.attach(transaction.session(), &GroupOverview::users,
                "SELECT user_group_map.group_id, users.name FROM user_group_map "
                "JOIN users ON users.id = user_group_map.user_id "
                "WHERE user_group_map.group_id IN (SELECT value FROM json_each(:ids)) ORDER BY users.id",
                read_text);
    page.attach(transaction.session(), &GroupOverview::roles,
                "SELECT group_role_map.group_id, roles.name FROM group_role_map "
                "JOIN roles ON roles.id = group_role_map.role_id "
                "WHERE group_role_map.group_id IN (SELECT value FROM json_each(:ids)) ORDER BY roles.id",
                read_text);
    return page.take();
}

} // namespace jhub::store

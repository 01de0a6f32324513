#include "store/groups.hpp"

#include <array>

#include "store/filter.hpp"
#include "store/rows.hpp"
#include "store/session.hpp"

namespace jhub::store {

std::optional<model::Group> find_group(Transaction& transaction, std::string_view name)
{
    return transaction.session().first("SELECT " GROUP_COLUMNS " FROM groups WHERE name = :name", {name}, read_group);
}

std::vector<model::Group> list_groups(Transaction& transaction, GroupQuery const& query)
{
    Filter filter;
    if (query.names)
        filter.require("groups.name IN (SELECT value FROM json_each(:names))", {*query.names});
    filter.append(" ORDER BY groups.id LIMIT :limit OFFSET :offset", {query.limit, query.offset});
    return transaction.session().all("SELECT " GROUP_COLUMNS " FROM groups" + filter.sql, filter.parameters,
                                     read_group);
}

std::int64_t count_groups(Transaction& transaction)
{
    return transaction.session().number("SELECT count(*) FROM groups");
}

std::int64_t insert_group(Transaction& transaction, model::Group const& group)
{
    return transaction.session().insert("groups", {{"name", group.name}, {"properties", group.properties}});
}

std::int64_t find_or_insert_group(Transaction& transaction, std::string const& name)
{
    auto const existing = find_group(transaction, name);
    return existing ? existing->id : insert_group(transaction, {.name = name});
}

bool set_group_properties(Transaction& transaction, std::int64_t id, Json const& properties)
{
    return transaction.session().update("groups", id, {{"properties", properties}});
}

bool delete_group(Transaction& transaction, std::int64_t id)
{
    static constexpr std::array<std::string_view, 3> hanging_on_it{"DELETE FROM shares WHERE group_id = :id",
                                                                   "DELETE FROM user_group_map WHERE group_id = :id",
                                                                   "DELETE FROM group_role_map WHERE group_id = :id"};
    for (std::string_view const sql : hanging_on_it)
        transaction.session().execute(sql, {id});
    return transaction.session().execute("DELETE FROM groups WHERE id = :id", {id}) > 0;
}

std::vector<model::Group> groups_of_user(Transaction& transaction, std::int64_t user_id)
{
    return transaction.session().all("SELECT " GROUP_COLUMNS
                                     " FROM groups JOIN user_group_map ON user_group_map.group_id = groups.id "
                                     "WHERE user_group_map.user_id = :user_id ORDER BY groups.id",
                                     {user_id}, read_group);
}

void add_group_member(Transaction& transaction, std::int64_t group_id, std::int64_t user_id)
{
    transaction.session().execute(
        "INSERT OR IGNORE INTO user_group_map (user_id, group_id) VALUES (:user_id, :group_id)", {user_id, group_id});
}

bool remove_group_member(Transaction& transaction, std::int64_t group_id, std::int64_t user_id)
{
    return transaction.session().execute("DELETE FROM user_group_map WHERE user_id = :user_id AND group_id = :group_id",
                                         {user_id, group_id}) > 0;
}

void set_groups_of_user(Transaction& transaction, std::int64_t user_id, std::set<std::string> const& names)
{
    for (model::Group const& group : groups_of_user(transaction, user_id))
        if (!names.contains(group.name))
            remove_group_member(transaction, group.id, user_id);
    for (std::string const& name : names)
        add_group_member(transaction, find_or_insert_group(transaction, name), user_id);
}

} // namespace jhub::store

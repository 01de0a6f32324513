#include "store/roles.hpp"

#include <array>

#include "store/rows.hpp"
#include "store/session.hpp"

namespace jhub::store {
namespace {

// The same queries on the map of each kind of holder, indexed by HolderKind.
struct MapQueries {
    std::string_view roles_of;
    std::string_view holders;
    std::string_view holder_ids;
    std::string_view grant;
    std::string_view strip;
    std::string_view strip_all;
};

#define ROLE_MAP_QUERIES(kind)                                                                                         \
    MapQueries{"SELECT " ROLE_COLUMNS " FROM roles JOIN " kind "_role_map AS map ON map.role_id = roles.id "           \
               "WHERE map." kind "_id = :holder ORDER BY roles.id",                                                    \
               "SELECT holder.name FROM " kind "s AS holder JOIN " kind "_role_map AS map ON map." kind                \
               "_id = holder.id "                                                                                      \
               "WHERE map.role_id = :role ORDER BY holder.id",                                                         \
               "SELECT " kind "_id FROM " kind "_role_map WHERE role_id = :role",                                      \
               "INSERT OR IGNORE INTO " kind "_role_map (" kind "_id, role_id, managed_by_auth) "                      \
               "VALUES (:holder, :role, :managed_by_auth)",                                                            \
               "DELETE FROM " kind "_role_map WHERE " kind "_id = :holder AND role_id = :role",                        \
               "DELETE FROM " kind "_role_map WHERE " kind "_id = :holder"}

MapQueries const& queries_of(model::HolderKind kind)
{
    static constexpr std::array<MapQueries, 3> queries{ROLE_MAP_QUERIES("user"), ROLE_MAP_QUERIES("group"),
                                                       ROLE_MAP_QUERIES("service")};
    return queries.at(static_cast<std::size_t>(kind));
}

} // namespace

std::optional<model::Role> find_role(Transaction& transaction, std::string_view name)
{
    return transaction.session().first("SELECT " ROLE_COLUMNS " FROM roles WHERE name = :name", {name}, read_role);
}

std::vector<model::Role> list_roles(Transaction& transaction)
{
    return transaction.session().all("SELECT " ROLE_COLUMNS " FROM roles ORDER BY id", {}, read_role);
}

std::int64_t upsert_role(Transaction& transaction, model::Role const& role)
{
    return transaction.session().upsert("roles", {{"name", role.name},
                                                  {"description", role.description},
                                                  {"scopes", role.scopes},
                                                  {"managed_by_auth", role.managed_by_auth}});
}

bool delete_role(Transaction& transaction, std::string_view name)
{
    std::optional<model::Role> const role = find_role(transaction, name);
    if (!role)
        return false;
    static constexpr std::array<std::string_view, 4> maps_and_row{
        "DELETE FROM user_role_map WHERE role_id = :id", "DELETE FROM group_role_map WHERE role_id = :id",
        "DELETE FROM service_role_map WHERE role_id = :id", "DELETE FROM roles WHERE id = :id"};
    for (std::string_view const sql : maps_and_row)
        transaction.session().execute(sql, {role->id});
    return true;
}

std::vector<model::Role> roles_of(Transaction& transaction, model::HolderKind kind, std::int64_t holder_id)
{
    return transaction.session().all(queries_of(kind).roles_of, {holder_id}, read_role);
}

std::vector<model::Role> roles_of_user(Transaction& transaction, std::int64_t user_id)
{
    return transaction.session().all(
        "SELECT " ROLE_COLUMNS " FROM roles WHERE roles.id IN ("
        "SELECT role_id FROM user_role_map WHERE user_id = :user_id "
        "UNION SELECT group_role_map.role_id FROM group_role_map JOIN user_group_map "
        "ON user_group_map.group_id = group_role_map.group_id WHERE user_group_map.user_id = :user_id) "
        "ORDER BY roles.id",
        {user_id}, read_role);
}

std::vector<std::string> role_holders(Transaction& transaction, model::HolderKind kind, std::int64_t role_id)
{
    return transaction.session().all(queries_of(kind).holders, {role_id}, read_text);
}

bool grant_role(Transaction& transaction, model::HolderKind kind, std::int64_t holder_id, std::int64_t role_id,
                bool managed_by_auth)
{
    return transaction.session().execute(queries_of(kind).grant, {holder_id, role_id, managed_by_auth}) > 0;
}

bool strip_role(Transaction& transaction, model::HolderKind kind, std::int64_t holder_id, std::int64_t role_id)
{
    return transaction.session().execute(queries_of(kind).strip, {holder_id, role_id}) > 0;
}

void strip_all_roles(Transaction& transaction, model::HolderKind kind, std::int64_t holder_id)
{
    transaction.session().execute(queries_of(kind).strip_all, {holder_id});
}

void set_role_holders(Transaction& transaction, model::HolderKind kind, std::int64_t role_id,
                      std::set<std::int64_t> const& ids)
{
    auto const present =
        transaction.session().all(queries_of(kind).holder_ids, {role_id}, [](Row& row) { return row.integer(); });
    for (std::int64_t const id : present)
        if (!ids.contains(id))
            strip_role(transaction, kind, id, role_id);
    for (std::int64_t const id : ids)
        grant_role(transaction, kind, id, role_id);
}

} // namespace jhub::store

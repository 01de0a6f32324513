#include "store/users.hpp"

#include <array>

#include "store/filter.hpp"
#include "store/fresh_id.hpp"
#include "store/rows.hpp"
#include "store/session.hpp"
#include "store/spawners.hpp"

namespace jhub::store {
namespace {

// What encrypted_auth_state holds is not among them: it must be written as bytes (set_user_auth_state).
Columns columns_of(model::User const& user)
{
    return {{"name", user.name},           {"admin", user.admin},
            {"created", user.created},     {"last_activity", user.last_activity},
            {"cookie_id", user.cookie_id}, {"state", user.state}};
}

#define HAS_ACTIVE_SERVER                                                                                              \
    "EXISTS (SELECT 1 FROM spawners WHERE spawners.user_id = users.id AND spawners.server_id IS NOT NULL)"

Filter filter_of(UserQuery const& query)
{
    Filter filter;
    if (query.state == UserState::active)
        filter.require(HAS_ACTIVE_SERVER);
    if (query.state == UserState::inactive)
        filter.require("NOT " HAS_ACTIVE_SERVER);
    if (!query.name_filter.empty())
        filter.require("lower(users.name) LIKE lower(:name_filter)", {"%" + query.name_filter + "%"});
    if (query.names || query.groups)
        filter.require(
            "(users.name IN (SELECT value FROM json_each(:names)) OR users.id IN ("
            "SELECT user_group_map.user_id FROM user_group_map "
            "JOIN groups ON groups.id = user_group_map.group_id "
            "WHERE groups.name IN (SELECT value FROM json_each(:groups))))",
            {query.names.value_or(std::vector<std::string>{}), query.groups.value_or(std::vector<std::string>{})});
    return filter;
}

// NULL sorts before everything in SQLite: first when ascending, last when descending, as wanted.
std::string_view order_of(UserQuery const& query)
{
    static constexpr std::array<std::array<std::string_view, 2>, 3> orders{{
        {" ORDER BY users.id", " ORDER BY users.id DESC"},
        {" ORDER BY users.name", " ORDER BY users.name DESC"},
        {" ORDER BY users.last_activity, users.id", " ORDER BY users.last_activity DESC, users.id DESC"},
    }};
    return orders.at(static_cast<std::size_t>(query.sort)).at(query.descending ? 1 : 0);
}

} // namespace

std::optional<model::User> find_user(Transaction& transaction, std::string_view name)
{
    return transaction.session().first("SELECT " USER_COLUMNS " FROM users WHERE name = :name", {name}, read_user);
}

std::optional<model::User> find_user_by_id(Transaction& transaction, std::int64_t id)
{
    return transaction.session().first("SELECT " USER_COLUMNS " FROM users WHERE id = :id", {id}, read_user);
}

std::optional<model::User> find_user_by_cookie_id(Transaction& transaction, std::string_view cookie_id)
{
    return transaction.session().first("SELECT " USER_COLUMNS " FROM users WHERE cookie_id = :cookie_id", {cookie_id},
                                       read_user);
}

std::vector<model::User> list_users(Transaction& transaction, UserQuery const& query)
{
    Filter filter = filter_of(query);
    filter.append(order_of(query));
    filter.append(" LIMIT :limit OFFSET :offset", {query.limit, query.offset});
    return transaction.session().all("SELECT " USER_COLUMNS " FROM users" + filter.sql, filter.parameters, read_user);
}

std::vector<model::User> list_admins(Transaction& transaction)
{
    return transaction.session().all("SELECT " USER_COLUMNS " FROM users WHERE admin ORDER BY id", {}, read_user);
}

std::vector<std::string> user_names(Transaction& transaction)
{
    return transaction.session().all("SELECT name FROM users ORDER BY id", {}, [](Row& row) { return row.text(); });
}

std::int64_t count_users(Transaction& transaction, UserQuery const& query)
{
    Filter const filter = filter_of(query);
    return transaction.session().number("SELECT count(*) FROM users" + filter.sql, filter.parameters);
}

std::int64_t count_users_active_since(Transaction& transaction, Timestamp since)
{
    return transaction.session().number("SELECT count(*) FROM users WHERE last_activity >= :since", {since});
}

std::int64_t insert_user(Transaction& transaction, model::User const& user)
{
    Columns columns = columns_of(user);
    columns.emplace_back("id", fresh_id(transaction, IdsOf::users));
    std::int64_t const id = transaction.session().insert("users", columns);
    if (user.encrypted_auth_state)
        set_user_auth_state(transaction, id, user.encrypted_auth_state);
    return id;
}

bool update_user(Transaction& transaction, model::User const& user)
{
    return transaction.session().update("users", user.id, columns_of(user)) &&
           set_user_auth_state(transaction, user.id, user.encrypted_auth_state);
}

bool set_user_admin(Transaction& transaction, std::int64_t id, bool admin)
{
    return transaction.session().update("users", id, {{"admin", admin}});
}

bool set_user_auth_state(Transaction& transaction, std::int64_t id, std::optional<std::string> const& encrypted)
{
    // A text that is not made a BLOB would reach the Python hub as str, which it cannot decrypt.
    return transaction.session().execute(
               "UPDATE users SET encrypted_auth_state = CAST(:encrypted AS BLOB) WHERE id = :id", {encrypted, id}) > 0;
}

void touch_users(Transaction& transaction, std::map<std::int64_t, Timestamp> const& seen)
{
    for (auto const& [id, time] : seen)
        transaction.session().execute("UPDATE users SET last_activity = :seen WHERE id = :id "
                                      "AND (last_activity IS NULL OR last_activity < :seen)",
                                      {time, id});
}

bool delete_user(Transaction& transaction, std::int64_t id)
{
    for (model::SpawnerRow const& spawner : spawners_of_user(transaction, id))
        delete_spawner(transaction, spawner.id);
    // Named one by one: databases that were migrated from old releases lack some of the foreign keys.
    static constexpr std::array<std::string_view, 7> hanging_on_it{
        "DELETE FROM api_tokens WHERE user_id = :id",     "DELETE FROM oauth_codes WHERE user_id = :id",
        "DELETE FROM shares WHERE user_id = :id",         "DELETE FROM shares WHERE owner_id = :id",
        "DELETE FROM share_codes WHERE owner_id = :id",   "DELETE FROM user_role_map WHERE user_id = :id",
        "DELETE FROM user_group_map WHERE user_id = :id",
    };
    for (std::string_view const sql : hanging_on_it)
        transaction.session().execute(sql, {id});
    if (transaction.session().execute("DELETE FROM users WHERE id = :id", {id}) == 0)
        return false;
    retire_id(transaction, IdsOf::users, id);
    return true;
}

} // namespace jhub::store

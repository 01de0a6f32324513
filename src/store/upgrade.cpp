#include "store/upgrade.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <filesystem>
#include <map>

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/descriptor.hpp"
#include "base/json.hpp"
#include "base/strings.hpp"
#include "store/database_url.hpp"
#include "store/schema.hpp"
#include "store/session.hpp"

namespace jhub::store {
namespace {

// All revisions, from the oldest.
constexpr std::array<std::string_view, 15> revisions{"19c0846f6344", "eeb276e51423", "af4cbdb2d13c", "3ec6993fe20c",
                                                     "1cebaf56856c", "56cc5a70207e", "99a28a4418e1", "d68c98b66cd4",
                                                     "896818069c98", "4dc2d5a8c53c", "833da8570507", "651f5419b74d",
                                                     "0eee8c825d24", "3c2384c5aae1", "4621fec11365"};
constexpr std::string_view tokens_with_client = "833da8570507", tokens_with_scopes = "651f5419b74d";

bool is_older(std::string_view revision, std::string_view than)
{
    return std::ranges::find(revisions, revision) < std::ranges::find(revisions, than);
}

// What columns hold that an older database does not have.
struct Fill {
    std::string_view table, column, expression; // {} is the time of the upgrade
};
constexpr std::array fills{
    Fill{"users", "cookie_id", "lower(hex(randomblob(16)))"},
    Fill{"users", "created", "{}"},
    Fill{"spawners", "started", "CASE WHEN server_id IS NULL THEN NULL ELSE {} END"},
    Fill{"groups", "properties", "'{{}}'"},
    Fill{"services", "from_config", "1"},
    Fill{"roles", "managed_by_auth", "0"},
    Fill{"user_role_map", "managed_by_auth", "0"},
    Fill{"group_role_map", "managed_by_auth", "0"},
    Fill{"service_role_map", "managed_by_auth", "0"},
    Fill{"api_tokens", "scopes", "'[]'"},
    Fill{"oauth_clients", "allowed_scopes", "'[]'"},
};

// Tables that former versions had.
constexpr std::array gone{
    "proxies", "hubs", "oauth_access_tokens", "oauth_code_role_map", "api_token_role_map", "oauth_client_role_map"};

constexpr std::string_view former = "jhub_former_";

std::string identifier(std::string_view name)
{
    return fmt::format("\"{}\"", replace_all(std::string(name), "\"", "\"\""));
}

std::vector<std::string> columns_of(Session& session, std::string_view table)
{
    return session.all("SELECT name FROM pragma_table_info(:table)", {table}, [](Row& row) { return row.text(); });
}

bool has_table(Session& session, std::string_view table) { return !columns_of(session, table).empty(); }

// Before 3.0 tokens and clients had roles; what the roles allowed becomes what they allow.
void scopes_from_roles(Session& session, std::string const& table, std::string const& map, std::string const& column)
{
    if (!has_table(session, map))
        return;
    struct Grant {
        std::int64_t id;
        std::string scopes;
    };
    auto const grants =
        session.all(fmt::format("SELECT {0}.{1}_id, roles.scopes FROM {0} JOIN roles ON roles.id = {0}.role_id", map,
                                std::string_view(table).substr(0, table.size() - 1)),
                    {}, [](Row& row) {
                        auto const id = row.integer();
                        return Grant{id, row.maybe_text().value_or("[]")};
                    });
    std::map<std::int64_t, Json> by_id;
    for (auto const& grant : grants) {
        auto& scopes = by_id.try_emplace(grant.id, Json::array()).first->second;
        auto const granted = parse_json(grant.scopes);
        if (granted && granted->is_array())
            for (auto const& scope : *granted)
                if (std::ranges::find(scopes, scope) == scopes.end())
                    scopes.push_back(scope);
    }
    for (auto const& [id, scopes] : by_id)
        session.execute(fmt::format("UPDATE {} SET {} = :scopes WHERE id = :id", table, column),
                        {to_python_json(scopes), id});
}

// As the role of the client alone says nothing of whose server it opens.
void add_access_scopes(Session& session)
{
    struct Client {
        std::int64_t id;
        std::string scopes, user, server;
    };
    auto const clients = session.all(
        "SELECT oauth_clients.id, oauth_clients.allowed_scopes, users.name, spawners.name FROM oauth_clients "
        "JOIN spawners ON spawners.oauth_client_id = oauth_clients.identifier JOIN users ON users.id = "
        "spawners.user_id",
        {}, [](Row& row) {
            Client client;
            client.id = row.integer();
            client.scopes = row.maybe_text().value_or("[]");
            client.user = row.text();
            client.server = row.maybe_text().value_or("");
            return client;
        });
    for (auto const& client : clients) {
        Json scopes = parse_json(client.scopes).value_or(Json::array());
        scopes.push_back(fmt::format("access:servers!server={}/{}", client.user, client.server));
        scopes.push_back(fmt::format("access:servers!user={}", client.user));
        session.execute("UPDATE oauth_clients SET allowed_scopes = :scopes WHERE id = :id",
                        {to_python_json(scopes), client.id});
    }
}

// Fresh tables take the place of the old ones, so that keys and cascades are those of a new database.
void move_table(Session& session, SchemaTable const& table, std::string_view now)
{
    std::string const old = std::string(former).append(table.name);
    auto const present = columns_of(session, old);
    std::string into, from;
    for (auto const& column : columns_of(session, table.name)) {
        bool const known = std::ranges::find(present, column) != present.end();
        auto const fill = std::ranges::find_if(
            fills, [&](Fill const& one) { return one.table == table.name && one.column == column; });
        if (!known && fill == fills.end())
            continue; // NULL
        std::string const filled = fill == fills.end() ? "NULL" : fmt::format(fmt::runtime(fill->expression), now);
        into += (into.empty() ? "" : ", ") + identifier(column);
        from +=
            (from.empty() ? "" : ", ") + (known ? fmt::format("coalesce({}, {})", identifier(column), filled) : filled);
    }
    session.run_once(fmt::format("INSERT INTO {} ({}) SELECT {} FROM {}", table.name, into, from, identifier(old)));
    session.run_once(fmt::format("DROP TABLE {}", identifier(old)));
}

// Old databases had no keys in some places: what they let dangle goes, as it would have gone with its owner.
void mend_dangling(Session& session)
{
    struct Dangling {
        std::string table, parent;
        std::int64_t row = 0;
    };
    auto const found = session.all("PRAGMA foreign_key_check", {}, [](Row& row) {
        Dangling one;
        one.table = row.text();
        one.row = row.integer();
        one.parent = row.text();
        return one;
    });
    for (auto const& one : found) {
        bool const keeps_row = one.parent == "servers" ||
                               (one.parent == "oauth_clients" && (one.table == "spawners" || one.table == "services"));
        std::string const column = one.parent == "oauth_clients" ? "oauth_client_id"
                                   : one.table == "services"     ? "_server_id"
                                                                 : "server_id";
        if (keeps_row)
            session.execute(fmt::format("UPDATE {} SET {} = NULL WHERE rowid = :row", one.table, column), {one.row});
        else
            session.execute(fmt::format("DELETE FROM {} WHERE rowid = :row", one.table), {one.row});
    }
}

void change_tables(Session& session, std::string_view revision, std::string_view now)
{
    if (is_older(revision, tokens_with_client)) // their format is another one; those of the configuration come again
        session.run_once("DROP TABLE IF EXISTS api_tokens");
    std::vector<SchemaTable> moved;
    for (auto const& table : schema_tables())
        if (table.name != "alembic_version" && has_table(session, table.name)) {
            session.run_once(fmt::format("ALTER TABLE {} RENAME TO {}", table.name,
                                         identifier(std::string(former).append(table.name))));
            moved.push_back(table);
        }
    for (auto const& table : schema_tables())
        session.run_once(fmt::format("CREATE TABLE IF NOT EXISTS {} {}", table.name, table.definition));
    for (auto const& table : moved)
        move_table(session, table, now);
    if (is_older(revision, tokens_with_scopes)) {
        scopes_from_roles(session, "api_tokens", "api_token_role_map", "scopes");
        scopes_from_roles(session, "oauth_clients", "oauth_client_role_map", "allowed_scopes");
        add_access_scopes(session);
    }
    for (std::string_view const table : gone)
        session.run_once(fmt::format("DROP TABLE IF EXISTS {}", table));
    mend_dangling(session);
    session.run_once("DELETE FROM alembic_version");
    session.execute("INSERT INTO alembic_version (version_num) VALUES (:revision)", {schema_revision});
}

void change_database(Session& session, std::string_view revision, Timestamp now)
{
    std::string const time = "'" + Parameter(now).text().value_or("") + "'";
    session.run_once("PRAGMA foreign_keys = OFF");
    session.run_once(
        "PRAGMA legacy_alter_table = ON"); // keys of other tables go on naming the table, not its former self
    session.run_once("BEGIN IMMEDIATE");
    try {
        change_tables(session, revision, time);
        session.run_once("COMMIT");
    } catch (...) {
        if (session.in_transaction())
            session.run_once("ROLLBACK");
        throw;
    }
}

// FILE.YYYY-MM-DD-HHMMSS in local time, and upstream's names when that is taken.
Result<std::string> free_backup_name(std::string const& path, Timestamp now)
{
    std::time_t const seconds = std::chrono::system_clock::to_time_t(now);
    std::tm local{};
    ::localtime_r(&seconds, &local);
    std::string const stamp = fmt::format(".{:%Y-%m-%d-%H%M%S}", local);
    for (int i = 0; i < 10; ++i) {
        std::string name = i == 0 ? path + stamp : fmt::format("{}.{}.{}", path, stamp, i);
        if (Descriptor(::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)))
            return name;
        if (errno != EEXIST)
            return fail(Errc::unavailable,
                        fmt::format("Cannot make the copy {} of the database: {}. Nothing was changed.", name,
                                    std::generic_category().message(errno)));
    }
    return fail(Errc::conflict, fmt::format("There are ten copies {}{} already. Nothing was changed.", path, stamp));
}

} // namespace

Result<std::optional<Upgrade>> upgrade_database(std::string_view db_url, Timestamp now)
{
    TRY(std::string const path, sqlite_path(db_url));
    std::error_code error;
    if (path == ":memory:" || !std::filesystem::exists(path, error))
        return std::nullopt;
    CHECK(prepare_file(path, false));
    Upgrade upgrade;
    try {
        Session session(path);
        auto const found = find_revision(session);
        if (!found || *found == schema_revision)
            return std::nullopt;
        upgrade.from = *found;
        TRY(upgrade.backup, free_backup_name(path, now));
        session.execute("VACUUM INTO :copy", {upgrade.backup});
        if (std::ranges::find(revisions, *found) == revisions.end())
            return fail(
                Errc::invalid_state,
                fmt::format("The database {} has schema revision {}, which this JupyterHub does not know: it is "
                            "of a newer version. It was left as it is.",
                            path, printable(*found)));
        change_database(session, *found, now);
        return upgrade;
    } catch (DatabaseError const& failure) {
        return fail(
            failure.error().code,
            fmt::format("The database {} could not be upgraded and is as it was: {}", path, failure.error().message),
            failure.error().detail);
    }
}

} // namespace jhub::store

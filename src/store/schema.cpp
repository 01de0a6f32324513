#include "store/schema.hpp"

#include <array>
#include <vector>

#include <fmt/format.h>

namespace jhub::store {
namespace {

using Table = SchemaTable;

// JupyterHub's tables, in an order that foreign keys allow. The text is what SQLAlchemy writes; tests/unit/store
// compares the outcome with a database made by JupyterHub itself.
constexpr std::array<Table, 16> tables{{
    {"alembic_version", R"((
    version_num VARCHAR(32) NOT NULL,
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
))"},
    {"servers", R"((
    id INTEGER NOT NULL,
    proto VARCHAR(15),
    ip VARCHAR(255),
    port INTEGER,
    base_url VARCHAR(255),
    cookie_name VARCHAR(255),
    CONSTRAINT pk_servers PRIMARY KEY (id)
))"},
    {"roles", R"((
    id INTEGER NOT NULL,
    name VARCHAR(255),
    description VARCHAR(1023),
    scopes TEXT,
    managed_by_auth BOOLEAN NOT NULL,
    CONSTRAINT pk_roles PRIMARY KEY (id),
    CONSTRAINT uq_roles_name UNIQUE (name)
))"},
    {"groups", R"((
    id INTEGER NOT NULL,
    name VARCHAR(255),
    properties TEXT,
    CONSTRAINT pk_groups PRIMARY KEY (id),
    CONSTRAINT uq_groups_name UNIQUE (name)
))"},
    {"users", R"((
    id INTEGER NOT NULL,
    name VARCHAR(255),
    admin BOOLEAN,
    created DATETIME,
    last_activity DATETIME,
    cookie_id VARCHAR(255) NOT NULL,
    state TEXT,
    encrypted_auth_state BLOB,
    CONSTRAINT pk_users PRIMARY KEY (id),
    CONSTRAINT uq_users_name UNIQUE (name),
    CONSTRAINT uq_users_cookie_id UNIQUE (cookie_id)
))"},
    {"oauth_clients", R"((
    id INTEGER NOT NULL,
    identifier VARCHAR(255),
    description VARCHAR(1023),
    secret VARCHAR(255),
    redirect_uri VARCHAR(1023),
    allowed_scopes TEXT,
    CONSTRAINT pk_oauth_clients PRIMARY KEY (id),
    CONSTRAINT uq_oauth_clients_identifier UNIQUE (identifier)
))"},
    {"user_role_map", R"((
    user_id INTEGER NOT NULL,
    role_id INTEGER NOT NULL,
    managed_by_auth BOOLEAN NOT NULL,
    CONSTRAINT pk_user_role_map PRIMARY KEY (user_id, role_id),
    CONSTRAINT fk_user_role_map_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT fk_user_role_map_role_id_roles FOREIGN KEY(role_id) REFERENCES roles (id) ON DELETE CASCADE
))"},
    {"group_role_map", R"((
    group_id INTEGER NOT NULL,
    role_id INTEGER NOT NULL,
    managed_by_auth BOOLEAN NOT NULL,
    CONSTRAINT pk_group_role_map PRIMARY KEY (group_id, role_id),
    CONSTRAINT fk_group_role_map_group_id_groups FOREIGN KEY(group_id) REFERENCES groups (id) ON DELETE CASCADE,
    CONSTRAINT fk_group_role_map_role_id_roles FOREIGN KEY(role_id) REFERENCES roles (id) ON DELETE CASCADE
))"},
    {"user_group_map", R"((
    user_id INTEGER NOT NULL,
    group_id INTEGER NOT NULL,
    CONSTRAINT pk_user_group_map PRIMARY KEY (user_id, group_id),
    CONSTRAINT fk_user_group_map_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT fk_user_group_map_group_id_groups FOREIGN KEY(group_id) REFERENCES groups (id) ON DELETE CASCADE
))"},
    {"spawners", R"((
    id INTEGER NOT NULL,
    user_id INTEGER,
    server_id INTEGER,
    state TEXT,
    name VARCHAR(255),
    started DATETIME,
    last_activity DATETIME,
    user_options TEXT,
    oauth_client_id VARCHAR(255),
    CONSTRAINT pk_spawners PRIMARY KEY (id),
    CONSTRAINT fk_spawners_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT fk_spawners_server_id_servers FOREIGN KEY(server_id) REFERENCES servers (id) ON DELETE SET NULL,
    CONSTRAINT fk_spawners_oauth_client_id_oauth_clients FOREIGN KEY(oauth_client_id) REFERENCES oauth_clients (identifier) ON DELETE SET NULL
))"},
    {"services", R"((
    id INTEGER NOT NULL,
    name VARCHAR(255),
    admin BOOLEAN,
    url VARCHAR(2047),
    oauth_client_allowed_scopes TEXT,
    info TEXT,
    display BOOLEAN,
    oauth_no_confirm BOOLEAN,
    command TEXT,
    cwd VARCHAR(4095),
    environment TEXT,
    user VARCHAR(255),
    from_config BOOLEAN,
    _server_id INTEGER,
    pid INTEGER,
    oauth_client_id VARCHAR(255),
    CONSTRAINT pk_services PRIMARY KEY (id),
    CONSTRAINT uq_services_name UNIQUE (name),
    CONSTRAINT fk_services__server_id_servers FOREIGN KEY(_server_id) REFERENCES servers (id) ON DELETE SET NULL,
    CONSTRAINT fk_services_oauth_client_id_oauth_clients FOREIGN KEY(oauth_client_id) REFERENCES oauth_clients (identifier) ON DELETE SET NULL
))"},
    {"oauth_codes", R"((
    id INTEGER NOT NULL,
    client_id VARCHAR(255),
    code VARCHAR(36),
    expires_at INTEGER,
    redirect_uri VARCHAR(1023),
    session_id VARCHAR(255),
    user_id INTEGER,
    scopes TEXT,
    CONSTRAINT pk_oauth_codes PRIMARY KEY (id),
    CONSTRAINT fk_oauth_codes_client_id_oauth_clients FOREIGN KEY(client_id) REFERENCES oauth_clients (identifier) ON DELETE CASCADE,
    CONSTRAINT fk_oauth_codes_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
))"},
    {"service_role_map", R"((
    service_id INTEGER NOT NULL,
    role_id INTEGER NOT NULL,
    managed_by_auth BOOLEAN NOT NULL,
    CONSTRAINT pk_service_role_map PRIMARY KEY (service_id, role_id),
    CONSTRAINT fk_service_role_map_service_id_services FOREIGN KEY(service_id) REFERENCES services (id) ON DELETE CASCADE,
    CONSTRAINT fk_service_role_map_role_id_roles FOREIGN KEY(role_id) REFERENCES roles (id) ON DELETE CASCADE
))"},
    {"shares", R"((
    user_id INTEGER,
    group_id INTEGER,
    id INTEGER NOT NULL,
    created_at DATETIME NOT NULL,
    scopes TEXT,
    expires_at DATETIME,
    owner_id INTEGER,
    spawner_id INTEGER,
    CONSTRAINT pk_shares PRIMARY KEY (id),
    CONSTRAINT fk_shares_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT fk_shares_group_id_groups FOREIGN KEY(group_id) REFERENCES groups (id) ON DELETE CASCADE,
    CONSTRAINT fk_shares_owner_id_users FOREIGN KEY(owner_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT fk_shares_spawner_id_spawners FOREIGN KEY(spawner_id) REFERENCES spawners (id) ON DELETE CASCADE
))"},
    {"share_codes", R"((
    hashed VARCHAR(255),
    prefix VARCHAR(16),
    exchange_count INTEGER,
    last_exchanged_at DATETIME,
    id INTEGER NOT NULL,
    created_at DATETIME NOT NULL,
    scopes TEXT,
    expires_at DATETIME,
    owner_id INTEGER,
    spawner_id INTEGER,
    CONSTRAINT pk_share_codes PRIMARY KEY (id),
    CONSTRAINT uq_share_codes_hashed UNIQUE (hashed),
    CONSTRAINT fk_share_codes_owner_id_users FOREIGN KEY(owner_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT fk_share_codes_spawner_id_spawners FOREIGN KEY(spawner_id) REFERENCES spawners (id) ON DELETE CASCADE
))"},
    {"api_tokens", R"((
    user_id INTEGER,
    service_id INTEGER,
    id INTEGER NOT NULL,
    hashed VARCHAR(255),
    prefix VARCHAR(16),
    client_id VARCHAR(255),
    session_id VARCHAR(255),
    created DATETIME,
    expires_at DATETIME,
    last_activity DATETIME,
    note VARCHAR(1023),
    scopes TEXT,
    CONSTRAINT pk_api_tokens PRIMARY KEY (id),
    CONSTRAINT fk_api_tokens_user_id_users FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT fk_api_tokens_service_id_services FOREIGN KEY(service_id) REFERENCES services (id) ON DELETE CASCADE,
    CONSTRAINT uq_api_tokens_hashed UNIQUE (hashed),
    CONSTRAINT fk_api_tokens_client_id_oauth_clients FOREIGN KEY(client_id) REFERENCES oauth_clients (identifier) ON DELETE CASCADE
))"},
}};

// Kept beside JupyterHub's tables; the Python hub ignores them.
constexpr std::array<Table, 2> own_tables{{
    {"jhub_processes", R"((
    spawner_id INTEGER NOT NULL,
    pid INTEGER NOT NULL,
    start_time INTEGER NOT NULL,
    boot_id TEXT NOT NULL,
    uid INTEGER NOT NULL,
    log_path TEXT NOT NULL,
    CONSTRAINT pk_jhub_processes PRIMARY KEY (spawner_id),
    CONSTRAINT fk_jhub_processes_spawner_id_spawners FOREIGN KEY(spawner_id) REFERENCES spawners (id) ON DELETE CASCADE
))"},
    {"jhub_settings", R"((
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    CONSTRAINT pk_jhub_settings PRIMARY KEY (key)
))"},
}};

struct Index {
    std::string_view name;
    std::string_view place; // table (column)
};

constexpr std::array<Index, 2> indexes{{
    {"ix_share_codes_prefix", "share_codes (prefix)"},
    {"ix_api_tokens_prefix", "api_tokens (prefix)"},
}};

// Upstream has no index on its foreign keys: every page of users would read all servers, and every deletion all tokens.
// An index changes nothing for the Python hub.
constexpr std::array<Index, 15> own_indexes{{
    {"jhub_ix_spawners_user_id", "spawners (user_id)"},
    {"jhub_ix_spawners_server_id", "spawners (server_id)"},
    {"jhub_ix_spawners_oauth_client_id", "spawners (oauth_client_id)"},
    {"jhub_ix_api_tokens_user_id_client_id", "api_tokens (user_id, client_id)"},
    {"jhub_ix_api_tokens_service_id", "api_tokens (service_id)"},
    {"jhub_ix_api_tokens_client_id", "api_tokens (client_id)"},
    {"jhub_ix_oauth_codes_client_id_code", "oauth_codes (client_id, code)"},
    {"jhub_ix_oauth_codes_user_id_client_id", "oauth_codes (user_id, client_id)"},
    {"jhub_ix_user_group_map_group_id", "user_group_map (group_id)"},
    {"jhub_ix_user_role_map_role_id", "user_role_map (role_id)"},
    {"jhub_ix_shares_user_id", "shares (user_id)"},
    {"jhub_ix_shares_owner_id", "shares (owner_id)"},
    {"jhub_ix_shares_spawner_id", "shares (spawner_id)"},
    {"jhub_ix_share_codes_owner_id", "share_codes (owner_id)"},
    {"jhub_ix_share_codes_spawner_id", "share_codes (spawner_id)"},
}};

bool has_table(Session& session, std::string_view name)
{
    return session.number("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = :name", {name}) > 0;
}

void run_all(Session& session, std::vector<std::string> const& statements)
{
    session.run_once("BEGIN IMMEDIATE");
    try {
        for (std::string const& statement : statements)
            session.run_once(statement);
        session.run_once("COMMIT");
    } catch (...) {
        if (session.in_transaction())
            session.run_once("ROLLBACK");
        throw;
    }
}

} // namespace

std::span<SchemaTable const> schema_tables() { return tables; }

std::optional<std::string> find_revision(Session& session)
{
    if (has_table(session, "alembic_version"))
        if (auto recorded =
                session.first("SELECT version_num FROM alembic_version", {}, [](Row& row) { return row.text(); }))
            return recorded;
    if (has_table(session, "spawners"))
        return std::string(schema_revision);
    if (has_table(session, "services"))
        return "af4cbdb2d13c";
    if (has_table(session, "users"))
        return "19c0846f6344";
    return std::nullopt;
}

Result<> check_revision(Session& session, std::string_view database)
{
    std::optional<std::string> const found = find_revision(session);
    if (!found || *found == schema_revision)
        return {};
    return fail(Errc::invalid_state,
                fmt::format("The database {} has schema revision {}, this JupyterHub needs {}: make a backup and run "
                            "jupyterhub upgrade-db",
                            database, *found, schema_revision));
}

void create_schema(Session& session)
{
    std::vector<std::string> statements;
    for (Table const& table : tables)
        statements.push_back(fmt::format("CREATE TABLE IF NOT EXISTS {} {}", table.name, table.definition));
    for (Table const& table : own_tables)
        statements.push_back(fmt::format("CREATE TABLE IF NOT EXISTS {} {}", table.name, table.definition));
    for (Index const& index : indexes)
        statements.push_back(fmt::format("CREATE INDEX IF NOT EXISTS {} ON {}", index.name, index.place));
    for (Index const& index : own_indexes)
        statements.push_back(fmt::format("CREATE INDEX IF NOT EXISTS {} ON {}", index.name, index.place));
    statements.push_back(fmt::format("INSERT INTO alembic_version (version_num) SELECT '{}' "
                                     "WHERE NOT EXISTS (SELECT 1 FROM alembic_version)",
                                     schema_revision));
    run_all(session, statements);
}

void drop_schema(Session& session)
{
    std::vector<std::string> statements;
    for (auto table = own_tables.rbegin(); table != own_tables.rend(); ++table)
        statements.push_back(fmt::format("DROP TABLE IF EXISTS {}", table->name));
    for (auto table = tables.rbegin(); table != tables.rend(); ++table)
        statements.push_back(fmt::format("DROP TABLE IF EXISTS {}", table->name));
    run_all(session, statements);
}

} // namespace jhub::store

// Databases of older versions brought to ours. The tables of 0.8 and 2.x are written down here; those of 3.0 are made
// by Debian's own hub in tests/acceptance.
#include "store/upgrade.hpp"

#include <fstream>

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "store/oauth.hpp"
#include "store/schema.hpp"
#include "store/support.hpp"
#include "store/tokens.hpp"
#include "store/users.hpp"

namespace jhub::store {
namespace {

using testing::HasSubstr;

constexpr char const* tables_of_2_x = R"(
CREATE TABLE servers (id INTEGER NOT NULL, proto VARCHAR(15), ip VARCHAR(255), port INTEGER, base_url VARCHAR(255),
    cookie_name VARCHAR(255), PRIMARY KEY (id));
CREATE TABLE roles (id INTEGER NOT NULL, name VARCHAR(255), description VARCHAR(1023), scopes TEXT, PRIMARY KEY (id), UNIQUE (name));
CREATE TABLE groups (id INTEGER NOT NULL, name VARCHAR(255), PRIMARY KEY (id), UNIQUE (name));
CREATE TABLE users (id INTEGER NOT NULL, name VARCHAR(255), admin BOOLEAN, created DATETIME, last_activity DATETIME,
    cookie_id VARCHAR(255) NOT NULL, state TEXT, encrypted_auth_state BLOB, PRIMARY KEY (id), UNIQUE (name));
CREATE TABLE services (id INTEGER NOT NULL, name VARCHAR(255), admin BOOLEAN, url VARCHAR(2047), _server_id INTEGER, pid INTEGER,
    oauth_client_id VARCHAR(255), PRIMARY KEY (id));
CREATE TABLE spawners (id INTEGER NOT NULL, user_id INTEGER, server_id INTEGER, state TEXT, name VARCHAR(255), started DATETIME,
    last_activity DATETIME, user_options TEXT, oauth_client_id VARCHAR(255), PRIMARY KEY (id),
    FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE);
CREATE TABLE user_role_map (user_id INTEGER NOT NULL, role_id INTEGER NOT NULL, PRIMARY KEY (user_id, role_id));
CREATE TABLE user_group_map (user_id INTEGER NOT NULL, group_id INTEGER NOT NULL, PRIMARY KEY (user_id, group_id));
CREATE TABLE oauth_clients (id INTEGER NOT NULL, identifier VARCHAR(255), description VARCHAR(1023), secret VARCHAR(255),
    redirect_uri VARCHAR(1023), PRIMARY KEY (id), UNIQUE (identifier));
CREATE TABLE api_tokens (user_id INTEGER, service_id INTEGER, id INTEGER NOT NULL, hashed VARCHAR(255), prefix VARCHAR(16),
    client_id VARCHAR(255), session_id VARCHAR(255), created DATETIME, expires_at DATETIME, last_activity DATETIME,
    note VARCHAR(1023), PRIMARY KEY (id), UNIQUE (hashed));
CREATE INDEX ix_api_tokens_prefix ON api_tokens (prefix);
CREATE TABLE api_token_role_map (api_token_id INTEGER NOT NULL, role_id INTEGER NOT NULL, PRIMARY KEY (api_token_id, role_id));
CREATE TABLE oauth_client_role_map (oauth_client_id INTEGER NOT NULL, role_id INTEGER NOT NULL, PRIMARY KEY (oauth_client_id, role_id));
CREATE TABLE of_a_plugin (id INTEGER NOT NULL, user_id INTEGER REFERENCES users (id));
CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL);
INSERT INTO alembic_version VALUES ('833da8570507');
INSERT INTO roles VALUES (1, 'user', 'd', '["self"]'), (2, 'token', 'd', '["inherit"]'), (3, 'look', 'd', '["read:users", "inherit"]');
INSERT INTO users VALUES (7, 'ada', 1, '2022-01-02 03:04:05.000000', NULL, 'c00kie', '{}', x'00ff10');
INSERT INTO user_role_map VALUES (7, 1);
INSERT INTO servers VALUES (4, 'http', '127.0.0.1', 5000, '/user/ada/', 'cookie');
INSERT INTO oauth_clients VALUES (1, 'jupyterhub', 'JupyterHub', '', ''), (2, 'jupyterhub-user-ada', 'd', 's', '/user/ada/oauth_callback');
INSERT INTO oauth_client_role_map VALUES (2, 1);
INSERT INTO spawners VALUES (9, 7, 4, '{"pid": 5}', '', NULL, NULL, NULL, 'jupyterhub-user-ada'), (10, 77, NULL, '{}', 'of nobody', NULL, NULL, NULL, NULL);
INSERT INTO api_tokens VALUES (7, NULL, 3, 'h1', 'abcd', 'jupyterhub', NULL, NULL, NULL, NULL, 'mine'), (7, NULL, 4, 'h2', 'efgh', 'gone', NULL, NULL, NULL, NULL, 'lost');
INSERT INTO api_token_role_map VALUES (3, 2), (3, 3);
INSERT INTO of_a_plugin VALUES (1, 7);
)";

class Upgrading : public testing::Test {
  protected:
    void run_sql(std::string const& sql)
    {
        sqlite3* database = nullptr;
        sqlite3_open(path.c_str(), &database);
        char* problem = nullptr;
        EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, &problem), SQLITE_OK)
            << (problem ? problem : "");
        sqlite3_close(database);
    }
    std::optional<Upgrade> upgrade()
    {
        auto upgraded = upgrade_database("sqlite:///" + path, now);
        EXPECT_TRUE(upgraded) << upgraded.error().message << upgraded.error().detail;
        return upgraded ? *upgraded : std::nullopt;
    }
    std::string see(std::string const& sql) { return look(path, sql); }

    TemporaryFolder folder;
    std::string path = folder.file("old.sqlite");
    Timestamp now{std::chrono::seconds(1'700'000'000)};
    asio::io_context context;
};

TEST_F(Upgrading, one_of_2_x_keeps_people_servers_and_tokens)
{
    run_sql(tables_of_2_x);
    auto const done = upgrade();
    ASSERT_TRUE(done);
    EXPECT_EQ(done->from, "833da8570507");
    EXPECT_EQ(see("SELECT version_num FROM alembic_version"), schema_revision);
    EXPECT_EQ(see("SELECT count(*) FROM alembic_version"), "1");
    EXPECT_EQ(see("SELECT name || admin || cookie_id || hex(encrypted_auth_state) || created FROM users"),
              "ada1c00kie00FF102022-01-02 03:04:05.000000");
    EXPECT_EQ(see("SELECT state FROM spawners WHERE id = 9 AND server_id = 4"), "{\"pid\": 5}");
    EXPECT_EQ(see("SELECT scopes FROM api_tokens WHERE id = 3"), "[\"inherit\", \"read:users\"]");
    EXPECT_EQ(see("SELECT allowed_scopes FROM oauth_clients WHERE id = 2"),
              "[\"self\", \"access:servers!server=ada/\", \"access:servers!user=ada\"]");
    EXPECT_EQ(see("SELECT managed_by_auth FROM user_role_map"), "0");
    EXPECT_EQ(see("SELECT count(*) FROM sqlite_master WHERE name LIKE '%token_role_map' OR name LIKE 'jhub_former%'"),
              "0");
    EXPECT_EQ(see("SELECT count(*) FROM of_a_plugin JOIN users ON users.id = user_id"), "1");
    EXPECT_EQ(see("SELECT count(*) FROM spawners WHERE name = 'of nobody'"), "0") << "what dangled is gone";
    EXPECT_EQ(see("SELECT count(*) FROM api_tokens WHERE client_id = 'gone'"), "0");
    EXPECT_EQ(see("SELECT count(*) FROM pragma_foreign_key_check"), "0");
}

TEST_F(Upgrading, the_outcome_is_a_database_that_the_store_opens_and_cascades_in)
{
    run_sql(tables_of_2_x);
    ASSERT_TRUE(upgrade());
    see("DELETE FROM of_a_plugin"); // which has a key of its own on users
    auto store = Store::open(context.get_executor(), {.db_url = path});
    ASSERT_TRUE(store) << store.error().message;
    auto const deleted = (*store)->write_now([](Transaction& transaction) { return delete_user(transaction, 7); });
    EXPECT_TRUE(deleted) << deleted.error().message << " " << deleted.error().detail;
    EXPECT_EQ(see("SELECT count(*) FROM spawners"), "0");
    EXPECT_EQ(see("SELECT count(*) FROM api_tokens"), "0");
    EXPECT_EQ(see("SELECT count(*) FROM sqlite_master WHERE name = 'ix_api_tokens_prefix' AND tbl_name = 'api_tokens'"),
              "1");
    store->reset();
    EXPECT_EQ(upgrade(), std::nullopt) << "nothing to do any more";
}

TEST_F(Upgrading, the_file_is_copied_first_for_its_owner_only)
{
    run_sql(tables_of_2_x);
    auto const done = upgrade();
    ASSERT_TRUE(done);
    EXPECT_THAT(done->backup, testing::ContainsRegex("old[.]sqlite[.]2023-11-1[45]-[0-9]{6}$"));
    EXPECT_EQ(look(done->backup, "SELECT version_num FROM alembic_version"), "833da8570507");
    EXPECT_EQ(look(done->backup, "SELECT count(*) FROM api_token_role_map"), "2");
    struct stat status{};
    ASSERT_EQ(::stat(done->backup.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST_F(Upgrading, one_of_before_2_0_loses_its_tokens_and_nothing_else)
{
    run_sql("CREATE TABLE users (id INTEGER NOT NULL, name VARCHAR(255), admin BOOLEAN, last_activity DATETIME, "
            "cookie_id VARCHAR(255), "
            "state TEXT, auth_state TEXT, PRIMARY KEY (id));"
            "CREATE TABLE services (id INTEGER NOT NULL, name VARCHAR(255), PRIMARY KEY (id));"
            "CREATE TABLE api_tokens (id INTEGER NOT NULL, hashed VARCHAR(1023), PRIMARY KEY (id));"
            "CREATE TABLE proxies (id INTEGER); CREATE TABLE hubs (id INTEGER);"
            "INSERT INTO users VALUES (1, 'ada', 0, NULL, NULL, NULL, NULL);"
            "INSERT INTO services VALUES (1, 'cull'); INSERT INTO api_tokens VALUES (1, 'x')");
    auto const done = upgrade();
    ASSERT_TRUE(done);
    EXPECT_EQ(done->from, "af4cbdb2d13c") << "no revision was recorded: guessed by the tables";
    EXPECT_EQ(see("SELECT name FROM users"), "ada");
    EXPECT_EQ(see("SELECT length(cookie_id) FROM users"), "32");
    EXPECT_EQ(see("SELECT created FROM users"), "2023-11-14 22:13:20.000000");
    EXPECT_EQ(see("SELECT from_config FROM services"), "1");
    EXPECT_EQ(see("SELECT count(*) FROM api_tokens"), "0");
    EXPECT_EQ(see("SELECT count(*) FROM sqlite_master WHERE name IN ('hubs', 'proxies')"), "0");
}

TEST_F(Upgrading, a_database_of_a_newer_version_is_left_as_it_is)
{
    run_sql("CREATE TABLE users (id INTEGER); CREATE TABLE alembic_version (version_num VARCHAR(32));"
            "INSERT INTO alembic_version VALUES ('f460b0348206')");
    auto const refused = upgrade_database(path, now);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("f460b0348206"));
    EXPECT_EQ(see("SELECT version_num FROM alembic_version"), "f460b0348206");
}

TEST_F(Upgrading, what_cannot_be_upgraded_is_as_it_was)
{
    run_sql(tables_of_2_x);
    run_sql("CREATE TABLE jhub_former_users (id INTEGER)"); // in the way
    auto const refused = upgrade_database(path, now);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("is as it was"));
    EXPECT_EQ(see("SELECT version_num FROM alembic_version"), "833da8570507");
    EXPECT_EQ(see("SELECT count(*) FROM api_token_role_map"), "2");
    EXPECT_EQ(see("SELECT count(*) FROM jhub_former_users"), "0");
}

TEST_F(Upgrading, nothing_happens_to_what_is_new_or_not_there)
{
    EXPECT_EQ(upgrade(), std::nullopt);
    EXPECT_FALSE(std::filesystem::exists(path));
    EXPECT_EQ(upgrade_database("sqlite:///:memory:", now).value(), std::nullopt);
    {
        std::ofstream empty(path);
    } // as upstream: an empty file is a new database
    EXPECT_EQ(upgrade(), std::nullopt);
    ASSERT_TRUE(Store::open(context.get_executor(), {.db_url = path}));
    EXPECT_EQ(see("SELECT version_num FROM alembic_version"), schema_revision);
    EXPECT_EQ(upgrade(), std::nullopt);
    std::size_t files = 0;
    for (auto const& entry : std::filesystem::directory_iterator(std::filesystem::path(path).parent_path()))
        files += entry.path().filename().string().contains("sqlite") ? 1 : 0;
    EXPECT_EQ(files, 1U) << "no copy without a reason";
}

} // namespace
} // namespace jhub::store

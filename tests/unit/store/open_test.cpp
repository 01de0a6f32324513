// Opening: URLs, file modes, revisions of other releases, and what an operator reads when it does not work.
#include <fstream>

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/database_url.hpp"
#include "store/support.hpp"
#include "store/users.hpp"

namespace jhub::store {
namespace {

using testing::HasSubstr;

class Opening : public testing::Test {
  protected:
    Error refusal(std::string const& url, StoreOptions options = {})
    {
        options.db_url = url;
        auto opened = Store::open(context.get_executor(), options);
        if (opened)
            return Error{Errc::failed, "it was opened", ""};
        return opened.error();
    }

    TemporaryFolder folder;
    std::string path = folder.file("jupyterhub.sqlite");
    asio::io_context context;
};

void execute(std::string const& file, std::string const& sql)
{
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(file.c_str(), &database), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(database);
    sqlite3_close(database);
}

std::string bytes_of(std::string const& file)
{
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

TEST(DatabaseUrl, counts_slashes_as_sqlalchemy_does)
{
    EXPECT_EQ(sqlite_path("sqlite:///jupyterhub.sqlite"), "jupyterhub.sqlite");
    EXPECT_EQ(sqlite_path("sqlite:////srv/jupyterhub.sqlite"), "/srv/jupyterhub.sqlite");
    EXPECT_EQ(sqlite_path("/srv/hub db.sqlite"), "/srv/hub db.sqlite");
    EXPECT_EQ(sqlite_path("sqlite:///:memory:"), ":memory:");
    EXPECT_EQ(sqlite_path("sqlite://"), ":memory:");
    EXPECT_FALSE(sqlite_path("sqlite://jupyterhub.sqlite"));
    EXPECT_FALSE(sqlite_path(""));
}

TEST(DatabaseUrl, does_not_repeat_a_password)
{
    auto const refused = sqlite_path("postgresql://hub:hunter2@db/hub");
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, HasSubstr("postgresql"));
    EXPECT_THAT(refused.error().message, testing::Not(HasSubstr("hunter2")));
}

TEST_F(Opening, a_new_file_is_for_its_owner_only_whatever_the_umask)
{
    mode_t const former = ::umask(0);
    auto opened = Store::open(context.get_executor(), {.db_url = path});
    ::umask(former);
    ASSERT_TRUE(opened);
    for (char const* suffix : {"", "-wal", "-shm"}) {
        struct stat status{};
        ASSERT_EQ(::stat((path + suffix).c_str(), &status), 0) << suffix;
        EXPECT_EQ(status.st_mode & 0777, 0600) << suffix;
    }
}

TEST_F(Opening, an_existing_file_keeps_its_mode_and_data)
{
    ASSERT_TRUE(Store::open(context.get_executor(), {.db_url = path}));
    execute(path, "INSERT INTO users (name, cookie_id) VALUES ('ada', 'c')");
    ::chmod(path.c_str(), 0640);
    ASSERT_TRUE(Store::open(context.get_executor(), {.db_url = path}));
    struct stat status{};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0640);
    EXPECT_EQ(look(path, "SELECT name FROM users"), "ada");
}

TEST_F(Opening, leaves_one_file_when_it_is_closed)
{
    ASSERT_TRUE(Store::open(context.get_executor(), {.db_url = path}));
    EXPECT_TRUE(std::filesystem::exists(path));
    EXPECT_FALSE(std::filesystem::exists(path + "-wal"));
}

TEST_F(Opening, another_revision_is_refused_and_untouched)
{
    for (char const* revision : {"651f5419b74d", "f460b0348206"}) { // 3.0, and one newer than ours
        std::filesystem::remove(path);
        execute(path, std::string("CREATE TABLE users (id INTEGER); CREATE TABLE spawners (id INTEGER);"
                                  "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL);"
                                  "INSERT INTO alembic_version VALUES ('") +
                          revision + "')");
        std::string const before = bytes_of(path);
        Error const error = refusal(path);
        EXPECT_EQ(error.code, Errc::invalid_state);
        EXPECT_THAT(error.message, HasSubstr("run jupyterhub upgrade-db"));
        EXPECT_THAT(error.message, HasSubstr(revision));
        EXPECT_EQ(bytes_of(path), before);
    }
}

TEST_F(Opening, a_database_that_the_python_hub_3_0_made_is_refused)
{
    std::string const python = "/usr/bin/python3 -c \"from jupyterhub import orm; "
                               "orm.new_session_factory('sqlite:///" +
                               path + "')\" >/dev/null 2>&1";
    if (std::system(python.c_str()) != 0) // NOLINT(concurrency-mt-unsafe)
        GTEST_SKIP() << "the Python package jupyterhub is not installed";
    if (look(path, "SELECT version_num FROM alembic_version") == "4621fec11365")
        GTEST_SKIP() << "the Python package jupyterhub has our schema";
    std::string const before = bytes_of(path);
    EXPECT_THAT(refusal(path).message, HasSubstr("run jupyterhub upgrade-db"));
    EXPECT_EQ(bytes_of(path), before);
}

TEST_F(Opening, tables_without_a_recorded_revision_are_guessed_as_upstream_does)
{
    execute(path, "CREATE TABLE users (id INTEGER); CREATE TABLE services (id INTEGER)");
    EXPECT_THAT(refusal(path).message, HasSubstr("af4cbdb2d13c"));
}

TEST_F(Opening, says_what_is_wrong_in_one_sentence)
{
    EXPECT_THAT(refusal(folder.file("missing/hub.sqlite")).message,
                testing::AllOf(HasSubstr("The database cannot be used"), HasSubstr("No such file or directory")));

    std::ofstream(path) << "this is a letter, not a database, and it is long enough to be looked at by SQLite: "
                        << std::string(200, 'x');
    EXPECT_THAT(refusal(path).message, HasSubstr("not an SQLite database"));

    EXPECT_THAT(refusal(folder.file("")).message, HasSubstr("it is a directory, no file"));
    EXPECT_EQ(refusal(folder.file("other.sqlite"), {.create = false}).code, Errc::not_found);
}

TEST_F(Opening, an_unwritable_folder_is_named)
{
    if (::geteuid() == 0)
        GTEST_SKIP() << "root can write everywhere";
    std::string const locked = folder.file("locked");
    std::filesystem::create_directory(locked);
    ::chmod(locked.c_str(), 0500);
    EXPECT_THAT(refusal(locked + "/hub.sqlite").message,
                testing::AllOf(HasSubstr(locked), HasSubstr("Permission denied")));
    ::chmod(locked.c_str(), 0700);
}

TEST_F(Opening, reset_starts_from_nothing)
{
    ASSERT_TRUE(Store::open(context.get_executor(), {.db_url = path}));
    execute(path, "INSERT INTO users (name, cookie_id) VALUES ('ada', 'c')");
    ASSERT_TRUE(Store::open(context.get_executor(), {.db_url = path, .reset = true}));
    EXPECT_EQ(look(path, "SELECT count(*) FROM users"), "0");
}

TEST_F(Opening, a_database_in_memory_works_with_one_connection)
{
    auto opened = Store::open(context.get_executor(), {.db_url = "sqlite:///:memory:"});
    ASSERT_TRUE(opened);
    Store& store = **opened;
    ASSERT_TRUE(
        store.write_now([](Transaction& transaction) { insert_user(transaction, {.name = "ada", .cookie_id = "c"}); }));
    auto const found = store.read_now([](Transaction& transaction) { return find_user(transaction, "ada"); });
    ASSERT_TRUE(found);
    EXPECT_TRUE(found->has_value());
    EXPECT_FALSE(std::filesystem::exists(":memory:"));
}

} // namespace
} // namespace jhub::store

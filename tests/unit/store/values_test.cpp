// The encodings that the Python hub reads (reference database.md §2), looked at from outside.
#include "model/share.hpp"
#include "store/rows.hpp"
#include "store/session.hpp"
#include "store/spawners.hpp"
#include "store/support.hpp"
#include "store/tokens.hpp"
#include "store/users.hpp"

namespace jhub::store {
namespace {

class Encodings : public StoreTest {};

TEST_F(Encodings, times_are_text_with_six_digits)
{
    write([](Transaction& transaction) {
        return insert_user(
            transaction,
            {.name = "ada", .created = at("2026-01-02T03:04:05Z"), .last_activity = std::nullopt, .cookie_id = "c"});
    });
    EXPECT_EQ(look("SELECT created FROM users"), "2026-01-02 03:04:05.000000");
    EXPECT_EQ(look("SELECT typeof(created) FROM users"), "text");
    EXPECT_EQ(look("SELECT last_activity FROM users"), "NULL");
}

TEST_F(Encodings, times_come_back_to_the_microsecond_and_from_files_without_fraction)
{
    Timestamp const time = at("2026-01-02T03:04:05.678901Z");
    write([time](Transaction& transaction) {
        return insert_user(transaction, {.name = "ada", .created = time, .cookie_id = "c"});
    });
    look("UPDATE users SET last_activity = '2020-02-03 04:05:06'");
    auto const user = read([](Transaction& transaction) { return find_user(transaction, "ada").value(); });
    EXPECT_EQ(user.created, time);
    EXPECT_EQ(user.last_activity, at("2020-02-03T04:05:06Z"));
}

TEST_F(Encodings, booleans_are_0_and_1_and_ids_are_integers)
{
    write([](Transaction& transaction) {
        return insert_user(transaction, {.name = "ada", .admin = true, .cookie_id = "c"});
    });
    EXPECT_EQ(look("SELECT admin || typeof(admin) || typeof(id) FROM users"), "1integerinteger");
}

TEST_F(Encodings, json_is_written_as_python_does)
{
    Json const state = Json::parse(R"({"pid":7,"name":"Zo\u00eb","nested":{"list":[1,2.5,null,true]}})");
    write([state](Transaction& transaction) {
        std::int64_t const user = insert_user(transaction, {.name = "ada", .cookie_id = "c"});
        return insert_spawner(transaction, {.user_id = user, .state = state, .user_options = std::nullopt});
    });
    EXPECT_EQ(look("SELECT state FROM spawners"),
              R"({"pid": 7, "name": "Zo\u00eb", "nested": {"list": [1, 2.5, null, true]}})");
    EXPECT_EQ(look("SELECT user_options FROM spawners"), "NULL");
    auto const spawner = read([](Transaction& transaction) { return find_spawner_by_id(transaction, 1).value(); });
    EXPECT_EQ(spawner.state, state);
    EXPECT_EQ(spawner.user_options, std::nullopt);
}

TEST_F(Encodings, lists_keep_their_order_and_sets_are_sorted)
{
    EXPECT_EQ(Parameter(std::vector<std::string>{"b", "a"}).text(), R"(["b", "a"])");
    EXPECT_EQ(Parameter(std::set<std::string>{"b", "a"}).text(), R"(["a", "b"])");
    EXPECT_EQ(Parameter(std::vector<std::string>{}).text(), "[]");
    EXPECT_EQ(Parameter(Json()).text(), std::nullopt);
}

TEST_F(Encodings, auth_state_is_a_blob)
{
    write([](Transaction& transaction) {
        return insert_user(transaction, {.name = "ada", .cookie_id = "c", .encrypted_auth_state = "gAAAAAtoken"});
    });
    EXPECT_EQ(look("SELECT typeof(encrypted_auth_state) FROM users"), "blob");
    auto const user = read([](Transaction& transaction) { return find_user(transaction, "ada").value(); });
    EXPECT_EQ(user.encrypted_auth_state, "gAAAAAtoken");
    EXPECT_TRUE(write([](Transaction& transaction) { return set_user_auth_state(transaction, 1, std::nullopt); }));
    EXPECT_EQ(look("SELECT encrypted_auth_state FROM users"), "NULL");
}

TEST_F(Encodings, null_lists_read_as_empty)
{
    write([](Transaction& transaction) {
        return insert_token(transaction, {.hashed = "sha512:1:a:b", .prefix = "abcd", .scopes = {"x"}});
    });
    look("UPDATE api_tokens SET scopes = NULL");
    EXPECT_TRUE(read([](Transaction& transaction) { return find_token(transaction, 1).value().scopes; }).empty());
}

TEST_F(Encodings, text_that_does_not_fit_is_an_error_of_that_query_only)
{
    write([](Transaction& transaction) { return insert_user(transaction, {.name = "ada", .cookie_id = "c"}); });
    look("UPDATE users SET created = 'yesterday'");
    auto const refused = store->read_now([](Transaction& transaction) { return find_user(transaction, "ada"); });
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::failed);
    EXPECT_NE(refused.error().detail.find("not a time: yesterday"), std::string::npos) << refused.error().detail;
    EXPECT_EQ(refused.error().message.find("yesterday"), std::string::npos);
    EXPECT_EQ(read([](Transaction& transaction) { return count_users(transaction); }), 1);
}

TEST_F(Encodings, names_with_quotes_and_wide_characters_are_only_data)
{
    std::string const name = "o'brien\"; DROP TABLE users; -- \xc3\xa9\xf0\x9f\xa6\x8a";
    write([name](Transaction& transaction) { return insert_user(transaction, {.name = name, .cookie_id = "c"}); });
    EXPECT_TRUE(read([name](Transaction& transaction) { return find_user(transaction, name).has_value(); }));
}

} // namespace
} // namespace jhub::store

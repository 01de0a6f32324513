#include <gmock/gmock.h>

#include "store/oauth.hpp"
#include "store/own_tables.hpp"
#include "store/session.hpp"
#include "store/support.hpp"
#include "store/tokens.hpp"
#include "store/users.hpp"

namespace jhub::store {
namespace {

using testing::ElementsAre;

class Tokens : public StoreTest {
  protected:
    void SetUp() override
    {
        StoreTest::SetUp();
        write([this](Transaction& t) {
            user = insert_user(t, {.name = "ada", .cookie_id = "c"});
            upsert_oauth_client(t, {.identifier = "jupyterhub", .description = "JupyterHub"});
            return upsert_oauth_client(t, {.identifier = "service-x", .description = "X", .secret = "s"});
        });
    }
    std::int64_t add(model::ApiToken token)
    {
        if (!token.user_id)
            token.user_id = user;
        if (!token.client_id)
            token.client_id = "jupyterhub";
        if (token.hashed.empty())
            token.hashed = "hash-" + std::to_string(++hashes);
        return write([token](Transaction& t) { return insert_token(t, token); });
    }
    std::int64_t count() { return std::stoll(look("SELECT count(*) FROM api_tokens")); }

    std::int64_t user = 0;
    int hashes = 0;
    Timestamp now = at("2026-01-02T03:04:05Z");
};

TEST_F(Tokens, come_back_as_they_went)
{
    std::int64_t const id = add({.hashed = "sha512:1:aa:bb",
                                 .prefix = "abcd",
                                 .session_id = "s1",
                                 .created = now,
                                 .expires_at = now,
                                 .last_activity = now,
                                 .note = "n",
                                 .scopes = {"read:users", "access:servers"}});
    auto const token = read([id](Transaction& t) { return find_token(t, id).value(); });
    EXPECT_EQ(token.user_id, user);
    EXPECT_EQ(token.service_id, std::nullopt);
    EXPECT_EQ(token.hashed, "sha512:1:aa:bb");
    EXPECT_EQ(token.client_id, "jupyterhub");
    EXPECT_EQ(token.session_id, "s1");
    EXPECT_EQ(token.expires_at, now);
    EXPECT_EQ(token.note, "n");
    EXPECT_THAT(token.scopes, ElementsAre("read:users", "access:servers"));
}

TEST_F(Tokens, candidates_have_the_prefix_and_are_not_expired)
{
    using namespace std::chrono_literals;
    std::int64_t const forever = add({.prefix = "abcd"});
    std::int64_t const last_moment = add({.prefix = "abcd", .expires_at = now});
    add({.prefix = "abcd", .expires_at = now - 1us});
    add({.prefix = "abce"});
    std::vector<std::int64_t> ids;
    for (auto const& token : read([this](Transaction& t) { return find_tokens_by_prefix(t, "abcd", now); }))
        ids.push_back(token.id);
    EXPECT_THAT(ids, ElementsAre(forever, last_moment));
}

TEST_F(Tokens, are_listed_by_activity_or_creation_with_their_client)
{
    using namespace std::chrono_literals;
    add({.client_id = "service-x", .created = now, .last_activity = now + 2h, .note = "third"});
    add({.created = now + 1h, .note = "second"});
    add({.created = now, .note = "first"});
    auto const listed = read([this](Transaction& t) { return tokens_of_user(t, user); });
    ASSERT_EQ(listed.size(), 3U);
    EXPECT_EQ(listed[0].token.note, "first");
    EXPECT_EQ(listed[1].token.note, "second");
    EXPECT_EQ(listed[1].client_description, "JupyterHub");
    EXPECT_EQ(listed[2].client_description, "X");
    auto const one = [&](std::int64_t owner) {
        return read([&](Transaction& t) { return token_of_user(t, owner, listed[2].token.id); });
    };
    EXPECT_EQ(one(user).value().client_description, "X");
    EXPECT_FALSE(one(user + 1)) << "somebody else's";
}

TEST_F(Tokens, logout_deletes_those_of_the_session)
{
    add({.session_id = "one"});
    add({.session_id = "one"});
    add({.session_id = "two"});
    add({});
    EXPECT_EQ(write([this](Transaction& t) { return delete_tokens_of_session(t, user, "one"); }), 2);
    EXPECT_EQ(count(), 2);
}

TEST_F(Tokens, of_a_client_go_together)
{
    add({.client_id = "service-x"});
    add({.client_id = "service-x"});
    add({});
    EXPECT_EQ(write([this](Transaction& t) { return delete_tokens_of_client(t, user, "service-x"); }), 2);
    EXPECT_EQ(count(), 1);
}

TEST_F(Tokens, older_ones_of_a_client_give_way)
{
    for (int i = 0; i < 5; ++i)
        add({.client_id = "service-x", .note = std::to_string(i)});
    add({.note = "plain"});
    std::int64_t const other = write([](Transaction& t) { return insert_user(t, {.name = "bob", .cookie_id = "d"}); });
    add({.user_id = other, .client_id = "service-x", .note = "bob"});
    EXPECT_EQ(write([this](Transaction& t) { return delete_older(t, HeldByClient::tokens, user, "service-x", 2); }), 3);
    EXPECT_EQ(write([this](Transaction& t) { return delete_older(t, HeldByClient::tokens, user, "service-x", 2); }), 0);
    EXPECT_EQ(look("SELECT group_concat(note) FROM (SELECT note FROM api_tokens ORDER BY id)"), "3,4,plain,bob");
}

TEST_F(Tokens, older_codes_of_a_client_give_way)
{
    write([this](Transaction& t) {
        for (std::string const code : {"1", "2", "3"})
            insert_code(t, {.client_id = "service-x", .code = code, .user_id = user});
        return insert_code(t, {.client_id = "jupyterhub", .code = "other", .user_id = user});
    });
    EXPECT_EQ(write([this](Transaction& t) { return delete_older(t, HeldByClient::codes, user, "service-x", 1); }), 2);
    EXPECT_EQ(look("SELECT group_concat(code) FROM (SELECT code FROM oauth_codes ORDER BY id)"), "3,other");
}

// Exchanges happen thousands of times a second, also where there are many tokens.
TEST_F(Tokens, an_index_finds_those_of_a_user_and_client_in_order)
{
    auto const plan_of = [this](std::string const& question) {
        return read([question](Transaction& t) {
            return t.session().all("EXPLAIN QUERY PLAN " + question, {}, [](Row& row) {
                for (int i = 0; i < 3; ++i) // numbers of the plan's nodes
                    (void)row.integer();
                return row.text();
            });
        });
    };
    for (std::string const table : {"api_tokens", "oauth_codes"})
        EXPECT_THAT(plan_of("SELECT id FROM " + table + " WHERE user_id = 1 AND client_id = 'x' ORDER BY id DESC"),
                    ElementsAre("SEARCH " + table + " USING COVERING INDEX jhub_ix_" + table +
                                "_user_id_client_id (user_id=? AND client_id=?)"));
    EXPECT_THAT(plan_of("SELECT id FROM oauth_codes WHERE client_id = 'x' AND code = 'y' ORDER BY id"),
                ElementsAre("SEARCH oauth_codes USING COVERING INDEX jhub_ix_oauth_codes_client_id_code "
                            "(client_id=? AND code=?)"));
}

TEST_F(Tokens, activity_moves_forward_only)
{
    std::int64_t const id = add({.last_activity = now});
    write([id, this](Transaction& t) {
        touch_tokens(t, {{id, now - std::chrono::hours(1)}});
        return 0;
    });
    EXPECT_EQ(read([id](Transaction& t) { return find_token(t, id).value().last_activity; }), now);
}

TEST_F(Tokens, purging_takes_what_has_expired)
{
    using namespace std::chrono_literals;
    add({.expires_at = now - 1us});
    add({.expires_at = now});
    add({});
    auto const unix_now = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
    Purged const purged = write([&](Transaction& t) {
        insert_code(t, {.client_id = "service-x", .code = "old", .expires_at = unix_now - 1, .user_id = user});
        insert_code(t, {.client_id = "service-x", .code = "new", .expires_at = unix_now + 1, .user_id = user});
        end_login(t, "gone", now - 1s);
        end_login(t, "kept", now + 1s);
        return purge_expired(t, now);
    });
    EXPECT_FALSE(read([](Transaction& t) { return is_ended_login(t, "gone"); }));
    EXPECT_TRUE(read([](Transaction& t) { return is_ended_login(t, "kept"); }));
    EXPECT_EQ(purged.tokens, 1);
    EXPECT_EQ(purged.codes, 1);
    EXPECT_EQ(count(), 2);
    EXPECT_EQ(look("SELECT code FROM oauth_codes"), "new");
}

TEST_F(Tokens, codes_belong_to_their_client_and_remember_what_came_of_them)
{
    write([this](Transaction& t) {
        return insert_code(t, {.client_id = "service-x",
                               .code = "c0de",
                               .expires_at = 123,
                               .redirect_uri = "/cb",
                               .session_id = "s",
                               .user_id = user,
                               .scopes = {"a"}});
    });
    auto const find = [this](std::string client) {
        return read([client](Transaction& t) { return find_code(t, client, "c0de"); });
    };
    EXPECT_FALSE(find("jupyterhub").has_value());
    auto const code = find("service-x");
    ASSERT_TRUE(code.has_value());
    EXPECT_EQ(code->redirect_uri, "/cb");
    EXPECT_EQ(code->expires_at, 123);
    EXPECT_THAT(code->scopes, ElementsAre("a"));
    EXPECT_FALSE(code->token_id.has_value());
    write([&](Transaction& t) { return mark_exchanged(t, code->id, 42); });
    EXPECT_EQ(find("service-x")->token_id, 42);
}

TEST_F(Tokens, a_client_is_updated_without_losing_its_tokens)
{
    add({.client_id = "service-x"});
    write([](Transaction& t) {
        return upsert_oauth_client(
            t, {.identifier = "service-x", .secret = "new", .redirect_uri = "/r", .allowed_scopes = {"self"}});
    });
    auto const client = read([](Transaction& t) { return find_oauth_client(t, "service-x").value(); });
    EXPECT_EQ(client.secret, "new");
    EXPECT_EQ(client.redirect_uri, "/r");
    EXPECT_THAT(client.allowed_scopes, ElementsAre("self"));
    EXPECT_EQ(count(), 1);
}

TEST_F(Tokens, a_client_takes_its_tokens_and_codes_along)
{
    add({.client_id = "service-x"});
    add({});
    write([this](Transaction& t) { return insert_code(t, {.client_id = "service-x", .code = "c", .user_id = user}); });
    EXPECT_EQ(write([](Transaction& t) { return delete_other_oauth_clients(t, {"jupyterhub"}); }), 1);
    EXPECT_EQ(count(), 1);
    EXPECT_EQ(look("SELECT count(*) FROM oauth_codes"), "0");
}

TEST_F(Tokens, granted_scopes_are_those_of_all_tokens_for_a_client)
{
    add({.client_id = "service-x", .scopes = {"b", "a"}});
    add({.client_id = "service-x", .scopes = {"c", "a"}});
    add({.scopes = {"z"}});
    EXPECT_THAT(read([this](Transaction& t) { return granted_scopes(t, user, "service-x"); }),
                ElementsAre("a", "b", "c"));
}

TEST_F(Tokens, of_an_unknown_owner_are_refused)
{
    auto const refused = store->write_now(
        [](Transaction& t) { return insert_token(t, {.user_id = 99, .hashed = "x", .client_id = "jupyterhub"}); });
    ASSERT_FALSE(refused) << "foreign keys must be on";
    EXPECT_EQ(refused.error().code, Errc::failed);
}

} // namespace
} // namespace jhub::store

#include "store/tokens.hpp"

#include "store/rows.hpp"
#include "store/session.hpp"

namespace jhub::store {
namespace {

#define LISTING                                                                                                        \
    "SELECT " TOKEN_COLUMNS ", oauth_clients.description FROM api_tokens "                                             \
    "LEFT JOIN oauth_clients ON oauth_clients.identifier = api_tokens.client_id WHERE "
#define IN_ORDER_OF_USE " ORDER BY coalesce(last_activity, created), api_tokens.id"

TokenListing read_listing(Row& row) { return TokenListing{.token = read_token(row), .client_description = row.text()}; }

} // namespace

std::vector<model::ApiToken> find_tokens_by_prefix(Transaction& transaction, std::string_view prefix, Timestamp now)
{
    return transaction.session().all("SELECT " TOKEN_COLUMNS " FROM api_tokens WHERE prefix = :prefix "
                                     "AND (expires_at IS NULL OR expires_at >= :now) ORDER BY id",
                                     {prefix, now}, read_token);
}

std::optional<model::ApiToken> find_token(Transaction& transaction, std::int64_t id)
{
    return transaction.session().first("SELECT " TOKEN_COLUMNS " FROM api_tokens WHERE id = :id", {id}, read_token);
}

std::vector<TokenListing> tokens_of_user(Transaction& transaction, std::int64_t user_id)
{
    return transaction.session().all(LISTING "api_tokens.user_id = :user_id" IN_ORDER_OF_USE, {user_id}, read_listing);
}

std::optional<TokenListing> token_of_user(Transaction& transaction, std::int64_t user_id, std::int64_t id)
{
    return transaction.session().first(LISTING "api_tokens.user_id = :user_id AND api_tokens.id = :id", {user_id, id},
                                       read_listing);
}

std::int64_t count_live_tokens(Transaction& transaction, std::int64_t user_id, std::string_view client_id,
                               Timestamp now)
{
    auto const count = transaction.session().first("SELECT count(*) FROM api_tokens WHERE user_id = :user_id "
                                                   "AND client_id = :client_id "
                                                   "AND (expires_at IS NULL OR expires_at >= :now)",
                                                   {user_id, client_id, now}, [](Row& row) { return row.integer(); });
    return count.value_or(0);
}

std::vector<TokenListing> tokens_of_service(Transaction& transaction, std::int64_t service_id)
{
    return transaction.session().all(LISTING "api_tokens.service_id = :service_id" IN_ORDER_OF_USE, {service_id},
                                     read_listing);
}

std::int64_t insert_token(Transaction& transaction, model::ApiToken const& token)
{
    return transaction.session().insert("api_tokens", {{"user_id", token.user_id},
                                                       {"service_id", token.service_id},
                                                       {"hashed", token.hashed},
                                                       {"prefix", token.prefix},
                                                       {"client_id", token.client_id},
                                                       {"session_id", token.session_id},
                                                       {"created", token.created},
                                                       {"expires_at", token.expires_at},
                                                       {"last_activity", token.last_activity},
                                                       {"note", token.note},
                                                       {"scopes", token.scopes}});
}

bool delete_token(Transaction& transaction, std::int64_t id)
{
    return transaction.session().execute("DELETE FROM api_tokens WHERE id = :id", {id}) > 0;
}

std::int64_t delete_tokens_of_session(Transaction& transaction, std::int64_t user_id, std::string_view session_id)
{
    return transaction.session().execute("DELETE FROM api_tokens WHERE user_id = :user_id AND session_id = :session_id",
                                         {user_id, session_id});
}

std::int64_t delete_tokens_of_client(Transaction& transaction, std::int64_t user_id, std::string_view client_id)
{
    return transaction.session().execute("DELETE FROM api_tokens WHERE user_id = :user_id AND client_id = :client_id",
                                         {user_id, client_id});
}

std::int64_t delete_tokens_with_note(Transaction& transaction, std::int64_t user_id, std::string_view note)
{
    return transaction.session().execute("DELETE FROM api_tokens WHERE user_id = :user_id AND note = :note",
                                         {user_id, note});
}

void touch_tokens(Transaction& transaction, std::map<std::int64_t, Timestamp> const& seen)
{
    for (auto const& [id, time] : seen)
        transaction.session().execute("UPDATE api_tokens SET last_activity = :seen WHERE id = :id "
                                      "AND (last_activity IS NULL OR last_activity < :seen)",
                                      {time, id});
}

Purged purge_expired(Transaction& transaction, Timestamp now)
{
    Session& session = transaction.session();
    auto const unix_now = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
    session.execute("DELETE FROM jhub_settings WHERE key LIKE 'ended-login:%' AND CAST(value AS INTEGER) < :now",
                    {unix_now});
    return {.tokens = session.execute("DELETE FROM api_tokens WHERE expires_at < :now", {now}),
            .codes = session.execute("DELETE FROM oauth_codes WHERE expires_at < :now", {unix_now}),
            .shares = session.execute("DELETE FROM shares WHERE expires_at < :now", {now}),
            .share_codes = session.execute("DELETE FROM share_codes WHERE expires_at < :now", {now})};
}

} // namespace jhub::store

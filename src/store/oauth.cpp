#include "store/oauth.hpp"

#include <array>

#include <fmt/format.h>

#include "store/rows.hpp"
#include "store/session.hpp"

namespace jhub::store {

std::optional<model::OAuthClient> find_oauth_client(Transaction& transaction, std::string_view identifier)
{
    return transaction.session().first("SELECT " OAUTH_CLIENT_COLUMNS
                                       " FROM oauth_clients WHERE identifier = :identifier",
                                       {identifier}, read_oauth_client);
}

std::vector<model::OAuthClient> list_oauth_clients(Transaction& transaction)
{
    return transaction.session().all("SELECT " OAUTH_CLIENT_COLUMNS " FROM oauth_clients ORDER BY id", {},
                                     read_oauth_client);
}

std::int64_t upsert_oauth_client(Transaction& transaction, model::OAuthClient const& client)
{
    return transaction.session().upsert("oauth_clients", {{"identifier", client.identifier},
                                                          {"description", client.description},
                                                          {"secret", client.secret},
                                                          {"redirect_uri", client.redirect_uri},
                                                          {"allowed_scopes", client.allowed_scopes}});
}

bool delete_oauth_client(Transaction& transaction, std::string_view identifier)
{
    static constexpr std::array<std::string_view, 4> hanging_on_it{
        "DELETE FROM api_tokens WHERE client_id = :identifier",
        "DELETE FROM oauth_codes WHERE client_id = :identifier",
        "UPDATE spawners SET oauth_client_id = NULL WHERE oauth_client_id = :identifier",
        "UPDATE services SET oauth_client_id = NULL WHERE oauth_client_id = :identifier",
    };
    for (std::string_view const sql : hanging_on_it)
        transaction.session().execute(sql, {identifier});
    return transaction.session().execute("DELETE FROM oauth_clients WHERE identifier = :identifier", {identifier}) > 0;
}

std::int64_t delete_other_oauth_clients(Transaction& transaction, std::set<std::string> const& keep)
{
    std::int64_t deleted = 0;
    for (model::OAuthClient const& client : list_oauth_clients(transaction))
        if (!keep.contains(client.identifier) && delete_oauth_client(transaction, client.identifier))
            ++deleted;
    return deleted;
}

std::optional<ClientOwner> find_client_owner(Transaction& transaction, std::string_view identifier)
{
    auto const server = transaction.session().first(
        "SELECT users.name, spawners.name FROM spawners JOIN users ON users.id = spawners.user_id "
        "WHERE spawners.oauth_client_id = :identifier ORDER BY spawners.id LIMIT 1",
        {identifier}, [](Row& row) {
            ClientOwner owner;
            owner.user_name = row.text();
            owner.server_name = row.text();
            return owner;
        });
    if (server)
        return server;
    return transaction.session().first("SELECT name FROM services WHERE oauth_client_id = :identifier LIMIT 1",
                                       {identifier}, [](Row& row) {
                                           ClientOwner owner;
                                           owner.service_name = row.text();
                                           return owner;
                                       });
}

std::vector<std::string> granted_scopes(Transaction& transaction, std::int64_t user_id, std::string_view client_id)
{
    std::set<std::string> scopes;
    auto const lists = transaction.session().all(
        "SELECT DISTINCT scopes FROM api_tokens WHERE user_id = :user_id AND client_id = :client_id",
        {user_id, client_id}, [](Row& row) { return row.list(); });
    for (std::vector<std::string> const& list : lists)
        scopes.insert(list.begin(), list.end());
    return {scopes.begin(), scopes.end()};
}

std::int64_t insert_code(Transaction& transaction, model::OAuthCode const& code)
{
    return transaction.session().insert("oauth_codes", {{"client_id", code.client_id},
                                                        {"code", code.code},
                                                        {"expires_at", code.expires_at},
                                                        {"redirect_uri", code.redirect_uri},
                                                        {"session_id", code.session_id},
                                                        {"user_id", code.user_id},
                                                        {"scopes", code.scopes}});
}

std::int64_t delete_older(Transaction& transaction, HeldByClient what, std::int64_t user_id, std::string_view client_id,
                          std::int64_t keep)
{
    auto const statement = fmt::format("DELETE FROM {0} WHERE id IN (SELECT id FROM {0} WHERE user_id = :user_id AND "
                                       "client_id = :client_id ORDER BY id DESC LIMIT -1 OFFSET :keep)",
                                       what == HeldByClient::codes ? "oauth_codes" : "api_tokens");
    return transaction.session().execute(statement, {user_id, client_id, keep});
}

std::optional<model::OAuthCode> find_code(Transaction& transaction, std::string_view client_id, std::string_view code)
{
    return transaction.session().first("SELECT " OAUTH_CODE_COLUMNS " FROM oauth_codes "
                                       "WHERE client_id = :client_id AND code = :code ORDER BY id LIMIT 1",
                                       {client_id, code}, read_oauth_code);
}

bool mark_exchanged(Transaction& transaction, std::int64_t id, std::int64_t token_id)
{
    std::string const mark = std::string(exchanged_mark) + std::to_string(token_id);
    return transaction.session().execute("UPDATE oauth_codes SET redirect_uri = :mark WHERE id = :id", {mark, id}) > 0;
}

} // namespace jhub::store

// Queries about OAuth clients and codes (reference auth-flow.md §6).
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "model/oauth.hpp"
#include "store/transaction.hpp"

namespace jhub::store {

std::optional<model::OAuthClient> find_oauth_client(Transaction&, std::string_view identifier);
std::vector<model::OAuthClient> list_oauth_clients(Transaction&);
// By identifier; the row's id stays, so tokens and codes of the client stay too.
std::int64_t upsert_oauth_client(Transaction&, model::OAuthClient const& client);
// With its tokens and codes. False: no such client.
bool delete_oauth_client(Transaction&, std::string_view identifier);
// At start: everything but the clients named. How many went.
std::int64_t delete_other_oauth_clients(Transaction&, std::set<std::string> const& keep);

// Whose client it is: a server's (user and server name) or a service's.
struct ClientOwner {
    std::string user_name, server_name;
    std::optional<std::string> service_name;
};
std::optional<ClientOwner> find_client_owner(Transaction&, std::string_view identifier);

// The raw scopes of all tokens the user has for the client, expired or not (the consent page is skipped when these
// cover the request).
std::vector<std::string> granted_scopes(Transaction&, std::int64_t user_id, std::string_view client_id);

std::int64_t insert_code(Transaction&, model::OAuthCode const& code);
enum class HeldByClient { codes, tokens };
// Of what the client holds for the user all but the newest; how many went.
std::int64_t delete_older(Transaction&, HeldByClient what, std::int64_t user_id, std::string_view client_id,
                          std::int64_t keep);
std::optional<model::OAuthCode> find_code(Transaction&, std::string_view client_id, std::string_view code);
// The row stays until it expires, so that the code is known when it comes again.
bool mark_exchanged(Transaction&, std::int64_t id, std::int64_t token_id);

} // namespace jhub::store

// What the token page lists: tokens that a person requested, and applications that hold some (reference http-pages.md
// §10 "token.html").
#pragma once

#include <chrono>
#include <vector>

#include "jinja/value.hpp"
#include "model/user.hpp"
#include "store/tokens.hpp"

namespace jhub::hub::pages {

struct ClientTokens {
    std::string client_id, description;
    std::optional<Timestamp> created, last_activity;
    std::vector<std::int64_t> token_ids;
};

struct TokenLists {
    std::vector<model::ApiToken> api_tokens;
    std::vector<ClientTokens> oauth_clients;
};

// Deletes the user's expired and client-less tokens on the way: needs a writing unit.
[[nodiscard]] TokenLists load_tokens(store::Transaction& transaction, model::User const& user, Timestamp now);

// most: token_expires_in_max_seconds, 0 for no limit.
[[nodiscard]] jinja::Dict token_page_values(TokenLists const& lists, std::chrono::seconds most);

} // namespace jhub::hub::pages

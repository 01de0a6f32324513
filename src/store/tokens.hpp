// Queries about API tokens (reference auth-flow.md §8). Rows hold hashes; comparing them is auth's business.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/token.hpp"
#include "store/transaction.hpp"

namespace jhub::store {

// Candidates for a presented token: same prefix, not expired at `now`. Stale rows (no client) are among them.
std::vector<model::ApiToken> find_tokens_by_prefix(Transaction&, std::string_view prefix, Timestamp now);
std::optional<model::ApiToken> find_token(Transaction&, std::int64_t id);

// A token for the token pages: with the name of its OAuth client.
struct TokenListing {
    model::ApiToken token;
    std::string client_description; // "" when the client has none
};
// By last_activity, or created where it was never used; expired ones too.
std::vector<TokenListing> tokens_of_user(Transaction&, std::int64_t user_id);
std::optional<TokenListing> token_of_user(Transaction&, std::int64_t user_id, std::int64_t id);
// Of those, the user's that are not expired and belong to the client.
std::int64_t count_live_tokens(Transaction&, std::int64_t user_id, std::string_view client_id, Timestamp now);
std::vector<TokenListing> tokens_of_service(Transaction&, std::int64_t service_id);

std::int64_t insert_token(Transaction&, model::ApiToken const& token); // a hash taken: conflict
bool delete_token(Transaction&, std::int64_t id);
// The following return how many rows went.
std::int64_t delete_tokens_of_session(Transaction&, std::int64_t user_id, std::string_view session_id);
std::int64_t delete_tokens_of_client(Transaction&, std::int64_t user_id, std::string_view client_id);
std::int64_t delete_tokens_with_note(Transaction&, std::int64_t user_id, std::string_view note);
// last_activity moves forward only.
void touch_tokens(Transaction&, std::map<std::int64_t, Timestamp> const& seen);

struct Purged {
    std::int64_t tokens = 0, codes = 0, shares = 0, share_codes = 0;
};
// Everything that has expired: tokens, OAuth codes, shares, share codes.
Purged purge_expired(Transaction&, Timestamp now);

} // namespace jhub::store

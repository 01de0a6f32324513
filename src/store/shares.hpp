// Queries about shares and share codes (reference rest-api.md §3.8).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/share.hpp"
#include "model/spawner.hpp"
#include "store/transaction.hpp"

namespace jhub::store {

// Which shares or codes; what is not set does not narrow.
struct ShareQuery {
    std::optional<std::int64_t> owner_id;
    std::optional<std::int64_t> spawner_id;
    std::optional<std::int64_t> user_id;  // granted directly to this user
    std::optional<std::int64_t> group_id; // granted to this group
    bool through_groups = false;          // with user_id: also what the user's groups were granted
    std::optional<Timestamp> valid_at;    // leaves out what has expired by then
    std::int64_t offset = 0;
    std::int64_t limit = -1; // negative: all
};

// A share with the names its API model shows.
struct ShareOverview {
    model::Share share;
    std::string owner_name;
    std::optional<std::string> user_name;
    std::optional<std::string> group_name;
    model::SpawnerRow spawner;
};

std::vector<ShareOverview> list_shares(Transaction&, ShareQuery const& query);  // by id
std::int64_t count_shares(Transaction&, ShareQuery const& query);               // without offset and limit
std::optional<ShareOverview> find_share(Transaction&, ShareQuery const& query); // the first of list_shares

// Who gets it: exactly one is set.
struct ShareReceiver {
    std::optional<std::int64_t> user_id;
    std::optional<std::int64_t> group_id;
};
// Adds the scopes to the share of that spawner and receiver, which is made when missing. The share's id.
std::int64_t grant_share(Transaction&, std::int64_t owner_id, std::int64_t spawner_id, ShareReceiver const& receiver,
                         std::vector<std::string> const& scopes, Timestamp now);
// Takes the scopes away; no scopes given, or none left: the share goes. The share as it is now.
std::optional<model::Share> revoke_share(Transaction&, std::int64_t spawner_id, ShareReceiver const& receiver,
                                         std::vector<std::string> const& scopes = {});
bool delete_share(Transaction&, std::int64_t id);
std::int64_t delete_shares_of_spawner(Transaction&, std::int64_t spawner_id);

struct ShareCodeOverview {
    model::ShareCode code;
    std::string owner_name;
    model::SpawnerRow spawner;
};
std::vector<ShareCodeOverview> list_share_codes(Transaction&,
                                                ShareQuery const& query); // owner, spawner, valid_at, page
std::int64_t count_share_codes(Transaction&, ShareQuery const& query);
std::vector<model::ShareCode> find_share_codes_by_prefix(Transaction&, std::string_view prefix, Timestamp now);
std::optional<model::ShareCode> find_share_code(Transaction&, std::int64_t id);
std::int64_t insert_share_code(Transaction&, model::ShareCode const& code);
void count_share_code_exchange(Transaction&, std::int64_t id, Timestamp now); // one more use, at this time
bool delete_share_code(Transaction&, std::int64_t id);
std::int64_t delete_share_codes_of_spawner(Transaction&, std::int64_t spawner_id);

} // namespace jhub::store

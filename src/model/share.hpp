// Access to a server given to others: directly (Share) or by a code that can be exchanged (ShareCode); reference
// database.md §3 "shares", "share_codes".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"

namespace jhub::model {

struct Share {
    std::int64_t id = 0;
    Timestamp created_at{};
    std::vector<std::string> scopes; // sorted; each carries "!server=owner/name"
    std::optional<Timestamp> expires_at;
    std::optional<std::int64_t> user_id; // exactly one of the two receivers
    std::optional<std::int64_t> group_id;
    std::int64_t owner_id = 0;
    std::int64_t spawner_id = 0;
};

struct ShareCode {
    std::int64_t id = 0;
    Timestamp created_at{};
    std::vector<std::string> scopes;
    std::optional<Timestamp> expires_at;
    std::string hashed;
    std::string prefix;
    int exchange_count = 0;
    std::optional<Timestamp> last_exchanged_at;
    std::int64_t owner_id = 0;
    std::int64_t spawner_id = 0;
};

} // namespace jhub::model

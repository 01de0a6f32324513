// An API token as the database keeps it: the hash, never the token (reference database.md §3 "api_tokens", auth-flow.md
// §8).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"

namespace jhub::model {

inline constexpr std::string_view hub_client = "jupyterhub"; // the OAuth client that marks plain API tokens

struct ApiToken {
    std::int64_t id = 0;
    std::optional<std::int64_t> user_id; // exactly one of the two owners
    std::optional<std::int64_t> service_id;
    std::string hashed;                   // "sha512:ROUNDS:SALT:HEX", unique
    std::string prefix;                   // first 4 characters of the token
    std::optional<std::string> client_id; // nothing: a stale row, to be deleted on sight
    std::optional<std::string> session_id;
    std::optional<Timestamp> created;
    std::optional<Timestamp> expires_at; // nothing: never
    std::optional<Timestamp> last_activity;
    std::string note;
    std::vector<std::string> scopes; // as requested, not expanded
};

} // namespace jhub::model

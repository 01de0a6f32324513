// What an authenticator wants remembered about a user (tokens of a login provider, say): encrypted in the database,
// shown only to those with admin:auth_state (reference auth-flow.md §10).
#pragma once

#include <optional>
#include <string>

#include "auth/crypt_keeper.hpp"
#include "base/json.hpp"
#include "model/user.hpp"

namespace jhub::hub {

struct AuthState {
    Json value;            // null when there is none, or when no key fits
    bool outdated = false; // there is more than one key: encrypt it again with the first
};

[[nodiscard]] AuthState read_auth_state(auth::CryptKeeper const& keeper, model::User const& user);

// For the database; nothing for null. Errc::failed without keys.
[[nodiscard]] Result<std::optional<std::string>> encrypt_auth_state(auth::CryptKeeper const& keeper, Json const& state,
                                                                    Timestamp now);

} // namespace jhub::hub

// OAuth clients (servers, services, the hub itself) and the codes on their way to becoming tokens
// (reference database.md §3, auth-flow.md §6).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace jhub::model {

struct OAuthClient {
    std::int64_t id = 0;
    std::string identifier; // unique
    std::string description;
    std::string secret; // hash, or "": unusable for OAuth
    std::string redirect_uri;
    std::vector<std::string> allowed_scopes;
};

struct OAuthCode {
    std::int64_t id = 0;
    std::string client_id;       // OAuthClient::identifier
    std::string code;            // hashed, see auth/oauth_code.hpp
    std::int64_t expires_at = 0; // Unix seconds
    std::string redirect_uri;
    std::string session_id;
    std::int64_t user_id = 0;
    std::vector<std::string> scopes;
    std::optional<std::int64_t> token_id; // set once it was exchanged: what came of it
};

} // namespace jhub::model

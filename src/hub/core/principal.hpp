// Who makes a request, and what it may do. Filled by identity.cpp, read by the dispatcher and the handlers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/service.hpp"
#include "model/token.hpp"
#include "model/user.hpp"
#include "rbac/resolve.hpp"
#include "rbac/scope_set.hpp"

namespace jhub::hub {

struct Principal {
    std::optional<model::User> user;
    std::optional<model::ServiceRow> service;
    std::optional<model::ApiToken> token; // set when the request was authenticated by a token
    std::string session_id;               // of the browser, or of the session that an OAuth token belongs to
    rbac::Grants grants;
    rbac::ScopeSet scopes;
    std::uint64_t number = 0; // of the remembered principal that this is a copy of; 0 when it is not remembered

    [[nodiscard]] bool identified() const { return user || service; }
    [[nodiscard]] bool by_token() const { return token.has_value(); }
    [[nodiscard]] std::string name() const { return user ? user->name : service ? service->name : std::string(); }
};

} // namespace jhub::hub

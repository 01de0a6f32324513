// Finds out who makes a request and whether it may do what the route asks, in one unit of reading from the store
// (reference rest-api.md §1.2, §1.4, rbac.md §6).
#pragma once

#include <optional>
#include <string>

#include "base/async.hpp"
#include "hub/core/principal.hpp"
#include "rbac/requirement.hpp"
#include "store/transaction.hpp"

namespace jhub::hub {

class Hub;

// What a request brought along to say who it is. Already taken apart; cookie_id is from a validly signed cookie.
struct Claim {
    std::optional<std::string> token;
    std::optional<std::string> cookie_id;
    std::string cookie_key; // of the login cookie, see login_key()
    std::string session_id; // of the browser; empty when it has none
};

// Names a login cookie without telling it: logins that ended are remembered by this.
[[nodiscard]] std::string login_key(std::string_view cookie);

struct Identified {
    Principal principal;
    rbac::Access access = rbac::Access::forbidden;
};

// A token that is invalid or expired falls through to the cookie. target must outlive the call.
[[nodiscard]] Async<Identified> identify(Hub& hub, Claim claim, rbac::Requirement requirement, rbac::PathTarget target);

// Group membership straight from the database, for checks inside a unit of work.
class StoredMemberships final : public rbac::Memberships {
  public:
    explicit StoredMemberships(store::Transaction& transaction) : transaction_(transaction) {}
    [[nodiscard]] bool is_member(std::string_view user, std::string_view group) const override;
    [[nodiscard]] std::vector<std::string> groups_of(std::string_view user) const override;

  private:
    store::Transaction& transaction_;
};

// Whether these scopes cover the target, also through a group that its user is in now. Logic thread.
Async<bool> holds_for(Hub& hub, rbac::ScopeSet scopes, rbac::Scope scope, rbac::PathTarget target);

// What the database grants to a user: roles of its own and of its groups, and shares.
[[nodiscard]] rbac::Grants grants_of(store::Transaction& transaction, model::User const& user, Timestamp now);
[[nodiscard]] rbac::Grants grants_of(store::Transaction& transaction, model::ServiceRow const& service);

// Which server or service an OAuth client stands for.
[[nodiscard]] rbac::Client client_of(store::Transaction& transaction, std::string_view identifier);

} // namespace jhub::hub

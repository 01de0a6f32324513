// Whom scopes are resolved for: the owner of roles and tokens, the OAuth client a token was made for, and the groups
// people are in. Plain data; the hub fills it from the database.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace jhub::rbac {

enum class OwnerKind : std::uint8_t { none, user, service, group };

struct Owner {
    OwnerKind kind = OwnerKind::none;
    std::string name;
};

enum class ClientKind : std::uint8_t {
    hub,     // "jupyterhub": plain API tokens
    server,  // a single-user server
    service, // a service
    unknown, // the row has neither server nor service any more
};

struct Client {
    ClientKind kind = ClientKind::hub;
    std::string user_name;    // kind server: its owner
    std::string server_name;  // kind server: empty for the default server
    std::string service_name; // kind service
};

// Who is in which group, now. Results that used it must not be cached beyond a change of groups (reference rbac.md §6).
class Memberships {
  public:
    virtual ~Memberships() = default;
    [[nodiscard]] virtual bool is_member(std::string_view user, std::string_view group) const = 0;
    [[nodiscard]] virtual std::vector<std::string> groups_of(std::string_view user) const = 0;
};

// Nobody is in a group: for callers that know no groups.
[[nodiscard]] Memberships const& no_memberships();

} // namespace jhub::rbac

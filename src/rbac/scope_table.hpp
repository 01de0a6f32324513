// The scopes that this hub knows: name, a sentence for people (consent page, documentation), and what each directly
// implies (reference rbac.md §1). The enum, the names and the closure all come from this one list.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace jhub::rbac {

// X(identifier, name, sentence, directly implied scopes separated by blanks)
#define JHUB_SCOPES(X)                                                                                                 \
    X(admin_ui, "admin-ui", "Open the administration page.", "")                                                       \
    X(admin_users, "admin:users", "Manage users completely: create, change, rename and delete them.",                  \
      "admin:auth_state users read:roles:users delete:users")                                                          \
    X(admin_auth_state, "admin:auth_state", "Read what the login provider stored about a user.", "")                   \
    X(users, "users", "Change users and read about them, but not create or delete them.",                              \
      "read:users list:users users:activity")                                                                          \
    X(delete_users, "delete:users", "Delete users.", "")                                                               \
    X(list_users, "list:users", "List users with their names.", "read:users:name")                                     \
    X(read_users, "read:users", "Read about users: names, groups, last activity.",                                     \
      "read:users:name read:users:groups read:users:activity")                                                         \
    X(read_users_name, "read:users:name", "Read the names of users.", "")                                              \
    X(read_users_groups, "read:users:groups", "Read which groups users belong to.", "")                                \
    X(read_users_activity, "read:users:activity", "Read when users were last active.", "")                             \
    X(read_roles, "read:roles", "Read which roles are assigned to whom.",                                              \
      "read:roles:users read:roles:services read:roles:groups")                                                        \
    X(read_roles_users, "read:roles:users", "Read which roles users have.", "")                                        \
    X(read_roles_services, "read:roles:services", "Read which roles services have.", "")                               \
    X(read_roles_groups, "read:roles:groups", "Read which roles groups have.", "")                                     \
    X(users_activity, "users:activity", "Report and read the activity of users.", "read:users:activity")               \
    X(admin_servers, "admin:servers", "Manage servers completely, including their internal state.",                    \
      "admin:server_state servers")                                                                                    \
    X(admin_server_state, "admin:server_state", "Read and change the internal state of servers.", "")                  \
    X(servers, "servers", "Start and stop servers and read about them.", "read:servers delete:servers")                \
    X(read_servers, "read:servers", "Read about servers, but not their internal state.", "read:users:name")            \
    X(delete_servers, "delete:servers", "Stop and delete servers.", "")                                                \
    X(tokens, "tokens", "Create, list and revoke API tokens.", "read:tokens")                                          \
    X(read_tokens, "read:tokens", "List API tokens, without their secret part.", "")                                   \
    X(admin_groups, "admin:groups", "Manage groups completely: create, change and delete them.",                       \
      "groups read:roles:groups delete:groups")                                                                        \
    X(groups, "groups", "Change groups and who belongs to them, but not create or delete groups.",                     \
      "read:groups list:groups")                                                                                       \
    X(list_groups, "list:groups", "List groups with their names.", "read:groups:name")                                 \
    X(read_groups, "read:groups", "Read about groups and who belongs to them.", "read:groups:name")                    \
    X(read_groups_name, "read:groups:name", "Read the names of groups.", "")                                           \
    X(delete_groups, "delete:groups", "Delete groups.", "")                                                            \
    X(admin_services, "admin:services", "Manage services: create, change and delete them.",                            \
      "list:services read:services read:roles:services")                                                               \
    X(list_services, "list:services", "List services with their names.", "read:services:name")                         \
    X(read_services, "read:services", "Read about services.", "read:services:name")                                    \
    X(read_services_name, "read:services:name", "Read the names of services.", "")                                     \
    X(read_hub, "read:hub", "Read details about this hub.", "")                                                        \
    X(access_servers, "access:servers", "Use servers in a browser or through their API.", "")                          \
    X(access_services, "access:services", "Use services in a browser or through their API.", "")                       \
    X(shares, "shares", "Share servers with others and see with whom they are shared.",                                \
      "access:servers read:shares users:shares groups:shares")                                                         \
    X(users_shares, "users:shares", "Read and leave the shares that users received.", "read:users:shares")             \
    X(read_users_shares, "read:users:shares", "Read the shares that users received.", "")                              \
    X(groups_shares, "groups:shares", "Read and revoke the shares that groups received.", "read:groups:shares")        \
    X(read_groups_shares, "read:groups:shares", "Read the shares that groups received.", "")                           \
    X(read_shares, "read:shares", "Read with whom servers are shared.", "")                                            \
    X(proxy, "proxy", "Read the proxy's routes and make the hub check or replace them.", "")                           \
    X(shutdown, "shutdown", "Shut the hub down.", "")                                                                  \
    X(read_metrics, "read:metrics", "Read the hub's metrics.", "")                                                     \
    /* names with a meaning of their own; they imply nothing here, see expand.hpp */                                   \
    X(self, "self", "Everything that users may do with what is their own.", "")                                        \
    X(inherit, "inherit", "Everything that the owner of the token may do.", "")

// A scope as a small number. Custom scopes follow from first_custom_scope on, numbered by ScopeRegistry.
enum class Scope : std::uint16_t {
#define JHUB_SCOPE_ENUM(identifier, name, sentence, implies) identifier,
    JHUB_SCOPES(JHUB_SCOPE_ENUM)
#undef JHUB_SCOPE_ENUM
};

struct ScopeEntry {
    std::string_view name;
    std::string_view sentence;
    std::string_view implies; // direct subscopes, separated by blanks
};

inline constexpr auto scope_table = std::to_array<ScopeEntry>({
#define JHUB_SCOPE_ENTRY(identifier, name, sentence, implies) {name, sentence, implies},
    JHUB_SCOPES(JHUB_SCOPE_ENTRY)
#undef JHUB_SCOPE_ENTRY
});

inline constexpr std::uint16_t builtin_scope_count = scope_table.size();
inline constexpr std::uint16_t first_custom_scope = builtin_scope_count;
static_assert(builtin_scope_count <= 64, "closures are kept as one bit per scope");

// self and inherit have no meaning on their own; all others guard something.
[[nodiscard]] constexpr bool is_real(Scope scope) { return scope != Scope::self && scope != Scope::inherit; }

// What the consent page shows when nothing but the identity is asked for.
inline constexpr std::string_view no_scope_name = "(no_scope)";
inline constexpr std::string_view no_scope_sentence = "Know who you are, nothing more.";

} // namespace jhub::rbac

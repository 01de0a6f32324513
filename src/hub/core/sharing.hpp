// The rules of sharing a server (reference rbac.md §9, rest-api.md §3.8): what may be shared, by whom, and what a code
// is worth. Functions of a Transaction: to be called inside a unit of the store.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/share.hpp"
#include "model/spawner.hpp"
#include "model/user.hpp"
#include "rbac/resolve.hpp"
#include "store/shares.hpp"
#include "store/transaction.hpp"

namespace jhub::hub {

inline constexpr std::chrono::seconds shortest_code_life{60}, usual_code_life{86'400}, longest_code_life{31'536'000};
inline constexpr std::int64_t most_codes = 1000; // of one server

struct SharedServer {
    model::User owner;
    model::SpawnerRow spawner;
};
// Errc::not_found without such a user or server.
[[nodiscard]] Result<SharedServer> find_shared_server(store::Transaction& transaction, std::string_view owner,
                                                      std::string_view server);

// The scopes as they are stored, each for exactly this server; access to it when none are asked for.
// Errc::invalid_argument for scopes that do not exist or are about something else.
[[nodiscard]] Result<std::vector<std::string>>
scopes_to_share(std::vector<std::string> const& asked, SharedServer const& server, rbac::ScopeRegistry const& registry);
// Nobody shares what they do not have. Errc::forbidden names the first such scope.
[[nodiscard]] Result<> check_may_share(std::vector<std::string> const& scopes, rbac::ScopeSet const& held,
                                       rbac::Context const& context);

// With whom, by name; exactly one of the two.
struct ReceiverName {
    std::string user, group;
};
// Errc::forbidden unless the sharer may know the name, Errc::invalid_argument when nobody has it.
[[nodiscard]] Result<store::ShareReceiver> find_receiver(store::Transaction& transaction, ReceiverName const& name,
                                                         rbac::ScopeSet const& held,
                                                         rbac::Memberships const& memberships);

// The code's row, while it is valid.
[[nodiscard]] std::optional<model::ShareCode> find_valid_code(store::Transaction& transaction, std::string_view code,
                                                              Timestamp now);
// Gives the user what the code carries, and counts it.
void exchange_code(store::Transaction& transaction, model::ShareCode const& code, model::User const& user,
                   Timestamp now);

} // namespace jhub::hub

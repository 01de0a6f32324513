// The row that a start is for, looked at again in each transaction that the start goes on with: between them its user
// or the server itself may have been deleted, or the user renamed.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.hpp"
#include "hub/core/live_server.hpp"
#include "model/user.hpp"
#include "store/transaction.hpp"

namespace jhub::hub {

// The detail of the errors below, by which a start knows that it is not wanted any more.
inline constexpr std::string_view removed_meanwhile = "removed or renamed meanwhile";

struct WantedRow {
    std::int64_t spawner_id = 0, user_id = 0;
    std::string user_name, server_name;

    // Errc::not_found when there is no such server of this user any more.
    [[nodiscard]] Result<> check(store::Transaction& transaction) const;
};

[[nodiscard]] WantedRow wanted_row(LiveServer const& server);

// Errc::not_found when nobody of that number and name is there any more.
[[nodiscard]] Result<> check_still_there(store::Transaction& transaction, model::User const& user);

} // namespace jhub::hub

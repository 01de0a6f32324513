#include "hub/core/named_servers.hpp"

#include <fmt/format.h>

#include "auth/username.hpp"
#include "hub/core/hub.hpp"
#include "store/spawners.hpp"

namespace jhub::hub {

Async<> check_named_server(Hub& hub, model::User user, std::string server_name, std::int64_t limit)
{
    if (server_name.empty())
        co_return Result<>{};
    if (!hub.settings.hub.allow_named_servers)
        co_return fail(Errc::invalid_argument, "Named servers are not enabled on this hub.");
    auto const check = [&user, &server_name, limit](store::Transaction& transaction) -> Result<bool> {
        if (store::find_spawner(transaction, user.id, server_name))
            return true;
        CHECK(auth::check_name(server_name, "the name of a server"));
        return limit <= 0 || store::count_named_spawners(transaction, user.id) < limit;
    };
    CO_TRY(bool const allowed, co_await hub.store.read(check));
    if (!allowed)
        co_return fail(
            Errc::invalid_argument,
            fmt::format("User {} already has the maximum of {} named servers. Delete one first.", user.name, limit));
    co_return Result<>{};
}

} // namespace jhub::hub

#include "hub/core/named_servers.hpp"

#include <set>
#include <utility>

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
    auto const read = [id = user.id](store::Transaction& transaction) {
        std::set<std::string> names;
        for (auto& row : store::spawners_of_user(transaction, id))
            names.insert(std::move(row.name));
        return names;
    };
    CO_TRY(auto names, co_await hub.store.read(read));
    for (auto const& server : hub.servers.of_user(user.id))
        if (server->active()) // it may not have its row yet
            names.insert(server->server_name);
    if (names.contains(server_name))
        co_return Result<>{};
    CO_CHECK(auth::check_name(server_name, "the name of a server"));
    names.erase(""); // the default server
    if (limit > 0 && std::cmp_greater_equal(names.size(), limit))
        co_return fail(
            Errc::invalid_argument,
            fmt::format("User {} already has the maximum of {} named servers. Delete one first.", user.name, limit));
    co_return Result<>{};
}

} // namespace jhub::hub

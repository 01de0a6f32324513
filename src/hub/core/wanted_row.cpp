#include "hub/core/wanted_row.hpp"

#include <fmt/format.h>

#include "store/spawners.hpp"
#include "store/users.hpp"

namespace jhub::hub {
namespace {

std::unexpected<Error> gone(std::string const& what)
{
    return fail(Errc::not_found, fmt::format("{} was removed or renamed meanwhile.", what),
                std::string(removed_meanwhile));
}

} // namespace

WantedRow wanted_row(LiveServer const& server)
{
    return {server.spawner_id, server.user_id, server.user_name, server.server_name};
}

Result<> check_still_there(store::Transaction& transaction, model::User const& user)
{
    auto const found = store::find_user_by_id(transaction, user.id);
    if (!found || found->name != user.name)
        return gone(user.name);
    return {};
}

Result<> WantedRow::check(store::Transaction& transaction) const
{
    model::User user;
    user.id = user_id;
    user.name = user_name;
    CHECK(check_still_there(transaction, user));
    auto const row = store::find_spawner_by_id(transaction, spawner_id);
    if (!row || row->user_id != user_id || row->name != server_name || !row->server_id)
        return gone(server_name.empty() ? "The server of " + user_name : user_name + ":" + server_name);
    return {};
}

} // namespace jhub::hub

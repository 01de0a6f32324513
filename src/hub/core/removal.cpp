#include "hub/core/removal.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/log.hpp"
#include "hub/core/departure.hpp"
#include "hub/core/hub.hpp"
#include "hub/core/wanted_row.hpp"
#include "store/spawners.hpp"
#include "store/users.hpp"

namespace jhub::hub {

namespace {

// Spawner.delete_forever of a Python class: its failure keeps nobody from being deleted.
Task<> tell_spawner(Hub& hub, model::User user, std::string server_name)
{
    if (!hub.python.spawner_does("delete_forever"))
        co_return;
    std::string const label = user.name + "/" + server_name;
    auto const question = co_await describe_spawner(hub, std::move(user), std::move(server_name));
    if (!question)
        co_return log::error("{}: its spawner is not told of the deletion: {}", label, question.error().message);
    auto const told = co_await hub.python.call("spawner.delete_forever", *question, stop_patience);
    if (!told)
        log::error("{}: delete_forever failed: {}", label, told.error().message);
}

} // namespace

Async<> remove_named_server(Hub& hub, model::User user, std::string server_name)
{
    auto const find = [user](store::Transaction& transaction) -> Result<bool> {
        return check_still_there(transaction, user).has_value();
    };
    CO_TRY(bool const has_user, co_await hub.store.read(find));
    if (!has_user)
        co_return Result<>{}; // and so has no servers
    co_await tell_spawner(hub, user, server_name);
    if (auto const server = hub.servers.find(user.id, server_name); server && server->active())
        co_return fail(Errc::invalid_state, fmt::format("{} is running. Stop it first.", server->label()));
    auto const remove = [user, server_name](store::Transaction& transaction) {
        auto const row = store::find_spawner(transaction, user.id, server_name);
        return row && store::delete_spawner(transaction, row->id);
    };
    CO_CHECK(co_await hub.store.write(remove));
    if (auto const server = hub.servers.find(user.id, server_name); server && !server->active())
        hub.servers.remove(*server);
    co_return Result<>{};
}

Task<> remove_when_stopped(Hub& hub, std::shared_ptr<LiveServer> server, [[maybe_unused]] Departure departure)
{
    while (!co_await wait_until_settled(server, std::chrono::seconds(30)))
        if (hub.stopping.is_set())
            co_return;
    model::User user;
    user.id = server->user_id;
    user.name = server->user_name;
    if (auto const removed = co_await remove_named_server(hub, user, server->server_name); !removed)
        log::error("{} could not be removed: {}", server->label(), removed.error().message);
}

namespace {

// Ends whatever of the user's servers is on its way; more may come into sight while one is waited for.
Async<> stop_servers_of(Hub& hub, model::User user, std::chrono::steady_clock::duration patience)
{
    auto const deadline = std::chrono::steady_clock::now() + patience;
    for (;;) {
        auto const servers = hub.servers.of_user(user.id);
        auto const active = std::ranges::find_if(servers, [](auto const& server) { return server->active(); });
        if (active == servers.end())
            co_return Result<>{};
        std::shared_ptr<LiveServer> const server = *active;
        hub.launcher.stop(server);
        bool const settled = co_await wait_until_settled(server, deadline - std::chrono::steady_clock::now());
        if (!settled || server->active())
            co_return fail(Errc::invalid_state,
                           fmt::format("A server of {} takes long to stop. Try again in a moment.", user.name));
    }
}

// What hangs on the user outside of our own tables; nobody keeps the user by failing.
Task<> tell_of_removal(Hub& hub, model::User user)
{
    auto const find = [id = user.id](store::Transaction& transaction) {
        return store::spawners_of_user(transaction, id);
    };
    if (auto const told = co_await hub.authenticator->delete_user(user.name); !told)
        log::error("{}: the authenticator's delete_user failed: {}", user.name, told.error().message);
    auto const rows = co_await hub.store.read(find);
    if (!rows)
        co_return log::error("{}: its spawners are not told: {}", user.name, rows.error().message);
    std::set<std::string> names{""}; // the default server is told also if it never ran, as upstream
    for (auto const& row : *rows)
        names.insert(row.name);
    for (auto const& name : names)
        co_await tell_spawner(hub, user, name);
}

} // namespace

Async<> remove_user(Hub& hub, model::User user, ActiveServers servers, std::chrono::steady_clock::duration patience)
{
    Departure const departure(hub.servers, user.id);
    auto const known = hub.servers.of_user(user.id);
    bool const has_active = std::ranges::any_of(known, [](auto const& server) { return server->active(); });
    if (has_active && servers == ActiveServers::refuse)
        co_return fail(Errc::invalid_state, fmt::format("{} has a running server.", user.name));
    CO_CHECK(co_await stop_servers_of(hub, user, patience));
    co_await tell_of_removal(hub, user);
    auto const remove = [id = user.id](store::Transaction& transaction) -> Result<bool> {
        if (!store::delete_user(transaction, id))
            return fail(Errc::not_found, "");
        return true;
    };
    CO_CHECK(co_await hub.store.write(remove));
    hub.refreshed_logins.erase(user.id);
    // Nothing was admitted since; should anything be there all the same, it ends here, before anybody is told.
    CO_CHECK(co_await stop_servers_of(hub, user, patience));
    for (auto const& server : hub.servers.of_user(user.id)) // what is remembered of failed starts
        hub.servers.remove(*server);
    co_return Result<>{};
}

} // namespace jhub::hub

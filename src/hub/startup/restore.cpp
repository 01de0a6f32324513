#include "hub/startup/restore.hpp"

#include <set>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "base/log.hpp"
#include "base/strings.hpp"
#include "hub/core/hub.hpp"
#include "hub/core/removal.hpp"
#include "store/oauth.hpp"
#include "store/own_tables.hpp"
#include "store/services.hpp"
#include "store/spawners.hpp"
#include "store/tokens.hpp"
#include "store/users.hpp"

namespace jhub::hub {
namespace {

struct Rows {
    std::vector<store::RunningSpawner> spawners;
    std::map<std::int64_t, store::ProcessRow> processes;
};

Rows load_rows(store::Transaction& transaction)
{
    Rows rows{store::running_spawners(transaction), {}};
    for (auto const& process : store::list_processes(transaction))
        rows.processes.emplace(process.spawner_id, process);
    return rows;
}

Task<> delete_orphaned_clients(Hub& hub)
{
    std::set<std::string> keep{std::string(model::hub_client)};
    for (auto const& server : hub.servers.all()) {
        auto const id = server_client_id(server->user_name, server->server_name);
        keep.insert(id);
        keep.insert(replace_all(id, "%2D", "-")); // of a server that the Python hub started
    }
    auto const clean = [keep](store::Transaction& transaction) mutable {
        for (auto const& service : store::list_services(transaction))
            if (service.oauth_client_id)
                keep.insert(*service.oauth_client_id);
        return store::delete_other_oauth_clients(transaction, keep);
    };
    if (auto const deleted = co_await hub.store.write(clean); !deleted)
        log::error("Stale OAuth clients could not be deleted: {}", deleted.error().message);
}

// The authenticator's add_user for everybody the database knows, but those who are blocked.
Task<> tell_of_known_users(Hub& hub)
{
    if (!hub.authenticator->wants_known_users())
        co_return;
    auto const list = [](store::Transaction& transaction) { return store::list_users(transaction, {}); };
    auto const users = co_await hub.store.read(list);
    if (!users)
        co_return log::error("Known users could not be read: {}", users.error().message);
    for (auto const& user : *users) {
        if (hub.login_rules.blocked_users.contains(user.name))
            continue;
        auto const added = co_await hub.authenticator->add_user(user.name);
        if (added)
            continue;
        log::error("The authenticator's add_user failed for {}: {}", user.name, added.error().message);
        if (!hub.settings.authenticator.delete_invalid_users)
            continue;
        log::warning("Deleting {}, as c.Authenticator.delete_invalid_users says", user.name);
        if (auto const removed = co_await remove_user(hub, user.id); !removed)
            log::error("{} could not be deleted: {}", user.name, removed.error().message);
    }
}

} // namespace

Task<> restore_servers(Hub& hub)
{
    co_await tell_of_known_users(hub);
    auto rows = co_await hub.store.read(load_rows);
    if (!rows) {
        log::error("Running servers could not be read: {} {}", rows.error().message, rows.error().detail);
        co_return;
    }
    for (auto& row : rows->spawners) {
        auto const process = rows->processes.find(row.spawner.id);
        auto known = process == rows->processes.end() ? std::nullopt : std::optional(process->second);
        bool const blocked = hub.login_rules.blocked_users.contains(row.user.name);
        asio::co_spawn(hub.executor, hub.launcher.adopt(std::move(row), std::move(known), blocked), asio::detached);
    }
    auto const deadline = std::chrono::steady_clock::now() + hub.settings.hub.init_spawners_timeout;
    co_await asio::post(hub.executor, asio::use_awaitable); // lets the adoptions register their servers
    for (auto const& server : hub.servers.all())
        if (!co_await server->settled->wait(deadline - std::chrono::steady_clock::now()))
            log::warning("{} is still being checked; going on", server->label());
    co_await delete_orphaned_clients(hub);
}

Task<> stop_all_servers(Hub& hub)
{
    auto const servers = hub.servers.all();
    for (auto const& server : servers)
        if (server->active())
            hub.launcher.stop(server);
    for (auto const& server : servers)
        while (server->active() && !co_await server->settled->wait(std::chrono::seconds(30)))
            log::warning("Still waiting for the server of {} to stop", server->label());
}

Task<> purge_forever(Hub& hub, std::chrono::seconds interval)
{
    while (!co_await hub.stopping.wait(interval)) {
        auto const purge = [now = hub.now()](store::Transaction& transaction) {
            store::purge_expired(transaction, now);
            return true;
        };
        if (auto const purged = co_await hub.store.write(purge); !purged)
            log::warning("Expired tokens could not be deleted: {}", purged.error().message);
    }
}

} // namespace jhub::hub

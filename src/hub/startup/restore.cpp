#include "hub/startup/restore.hpp"

#include <algorithm>
#include <set>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "base/log.hpp"
#include "base/strings.hpp"
#include "hub/core/departure.hpp"
#include "hub/core/hub.hpp"
#include "hub/core/removal.hpp"
#include "store/oauth.hpp"
#include "store/own_tables.hpp"
#include "store/services.hpp"
#include "store/spawners.hpp"
#include "store/stop_intentions.hpp"
#include "store/tokens.hpp"
#include "store/users.hpp"

namespace jhub::hub {
namespace {

using Then = store::StopIntention::Then;

struct Rows {
    std::vector<store::RunningSpawner> spawners;
    std::map<std::int64_t, store::ProcessRow> processes;
    std::map<std::int64_t, Then> intentions; // of stops, by spawner
};

Rows load_rows(store::Transaction& transaction)
{
    Rows rows{store::running_spawners(transaction), {}, {}};
    for (auto const& process : store::list_processes(transaction))
        rows.processes.emplace(process.spawner_id, process);
    for (auto const& intention : store::list_stop_intentions(transaction))
        rows.intentions.emplace(intention.spawner_id, intention.then);
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

// The authenticator's add_user for everybody the database knows, but those who are blocked. Those whom it does not know
// any more are returned, if the configuration wants them deleted.
Task<std::vector<model::User>> tell_of_known_users(Hub& hub)
{
    std::vector<model::User> invalid;
    if (!hub.authenticator->wants_known_users())
        co_return invalid;
    auto const list = [](store::Transaction& transaction) { return store::list_users(transaction, {}); };
    auto const users = co_await hub.store.read(list);
    if (!users) {
        log::error("Known users could not be read: {}", users.error().message);
        co_return invalid;
    }
    for (auto const& user : *users) {
        if (hub.login_rules.blocked_users.contains(user.name))
            continue;
        auto const added = co_await hub.authenticator->add_user(user.name);
        if (added)
            continue;
        log::error("The authenticator's add_user failed for {}: {}", user.name, added.error().message);
        if (hub.settings.authenticator.delete_invalid_users)
            invalid.push_back(user);
    }
    co_return invalid;
}

// After their servers were taken over: one that still runs is stopped, not forgotten.
Task<> delete_users(Hub& hub, std::vector<model::User> users)
{
    auto const patience = hub.settings.hub.tornado_settings.slow_stop_timeout;
    for (auto const& user : users) {
        log::warning("Deleting {}, as c.Authenticator.delete_invalid_users says", user.name);
        if (auto const removed = co_await remove_user(hub, user, ActiveServers::stop, patience); !removed)
            log::error("{} could not be deleted: {}", user.name, removed.error().message);
    }
}

// Why a server that the database calls running is not taken over but ended.
std::optional<std::string> reason_to_stop(Hub const& hub, Rows const& rows, store::RunningSpawner const& row,
                                          std::vector<model::User> const& invalid)
{
    if (hub.login_rules.blocked_users.contains(row.user.name))
        return "its user is blocked";
    if (std::ranges::find(invalid, row.user.id, &model::User::id) != invalid.end())
        return "its user is being deleted";
    if (rows.intentions.contains(row.spawner.id))
        return "it was told to stop before the hub was restarted";
    return std::nullopt;
}

// Takes one server over, or ends it, and finishes its removal if the hub before this one has promised that.
Task<> take_over(Hub& hub, store::RunningSpawner row, std::optional<store::ProcessRow> process,
                 std::optional<std::string> reason, bool removes)
{
    std::optional<Departure> departure;
    if (removes)
        departure.emplace(hub.servers, row.user.id, row.spawner.name);
    model::User const user = row.user;
    std::string const name = row.spawner.name;
    co_await hub.launcher.adopt(std::move(row), std::move(process), std::move(reason));
    if (!removes)
        co_return;
    if (auto const removed = co_await remove_named_server(hub, user, name); !removed)
        log::error("{}:{} could not be removed: {}", user.name, name, removed.error().message);
}

} // namespace

Task<> restore_servers(Hub& hub)
{
    auto const invalid = co_await tell_of_known_users(hub);
    auto rows = co_await hub.store.read(load_rows);
    if (!rows) {
        log::error("Running servers could not be read: {} {}", rows.error().message, rows.error().detail);
        co_return;
    }
    for (auto& row : rows->spawners) {
        auto const process = rows->processes.find(row.spawner.id);
        auto known = process == rows->processes.end() ? std::nullopt : std::optional(process->second);
        auto reason = reason_to_stop(hub, *rows, row, invalid);
        auto const intention = rows->intentions.find(row.spawner.id);
        bool const removes = intention != rows->intentions.end() && intention->second == Then::removed;
        asio::co_spawn(hub.executor, take_over(hub, std::move(row), std::move(known), std::move(reason), removes),
                       asio::detached);
    }
    auto const deadline = std::chrono::steady_clock::now() + hub.settings.hub.init_spawners_timeout;
    co_await asio::post(hub.executor, asio::use_awaitable); // lets the adoptions register their servers
    for (auto const& server : hub.servers.all())
        if (!co_await wait_until_settled(server, deadline - std::chrono::steady_clock::now()))
            log::warning("{} is still being checked; going on", server->label());
    co_await delete_users(hub, invalid);
    co_await delete_orphaned_clients(hub);
}

Task<> stop_all_servers(Hub& hub)
{
    auto const servers = hub.servers.all();
    for (auto const& server : servers)
        if (server->active())
            hub.launcher.stop(server);
    for (auto const& server : servers)
        while (server->active() && !co_await wait_until_settled(server, std::chrono::seconds(30)))
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

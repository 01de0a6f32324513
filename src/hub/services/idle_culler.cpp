#include "hub/services/idle_culler.hpp"

#include "base/log.hpp"
#include "hub/core/departure.hpp"
#include "hub/core/removal.hpp"
#include "hub/core/route_check.hpp"
#include "store/users.hpp"

namespace jhub::hub::services {
namespace {

using namespace std::chrono_literals;

constexpr auto stop_patience = 60s;

std::pair<std::int64_t, std::string> key_of(LiveServer const& server) { return {server.user_id, server.server_name}; }

AuditEntry entry_of(std::string action, Json target, CullDecision const& decision)
{
    AuditEntry entry;
    entry.actor = "idle-culler";
    entry.actor_kind = "hub";
    entry.action = std::move(action);
    entry.target = std::move(target);
    entry.details = {{"idle_seconds", decision.quiet.count()}, {"age_seconds", decision.age.count()}};
    entry.outcome = "done";
    return entry;
}

} // namespace

CullDecision IdleCuller::decide(LiveServer const& server) const
{
    auto const warned = warned_.find(key_of(server));
    ServerFacts facts;
    facts.ready = server.ready();
    facts.is_default = server.server_name.empty();
    facts.started = server.started;
    facts.last_activity = server.last_activity;
    facts.warned = warned != warned_.end() && warned->second == server.last_activity;
    return decide_server(settings_, facts, hub_.now());
}

void IdleCuller::warn(LiveServer const& server, CullDecision const& decision)
{
    auto const known = warned_.find(key_of(server));
    if (known != warned_.end() && known->second == server.last_activity)
        return;
    warned_[key_of(server)] = server.last_activity;
    log::warning("The server of {} will be stopped in about {} seconds unless it is used: idle for {} seconds, running "
                 "for {}",
                 server.label(), settings_.cull_every.count(), decision.quiet.count(), decision.age.count());
}

Task<> IdleCuller::stop_servers()
{
    std::vector<ServerPointer> batch;
    for (auto const& server : hub_.servers.all()) {
        auto const decision = decide(*server); // at the last moment: stopping the others took its time
        if (decision.verdict == CullVerdict::warn)
            warn(*server, decision);
        if (decision.verdict == CullVerdict::keep)
            warned_.erase(key_of(*server));
        if (decision.verdict != CullVerdict::stop || hub_.stopping.is_set())
            continue;
        log::warning("Stopping the server of {}: idle for {} seconds, running for {}", server->label(),
                     decision.quiet.count(), decision.age.count());
        hub_.audit.record(
            entry_of("cull server", {{"user", server->user_name}, {"server", server->server_name}}, decision));
        warned_.erase(key_of(*server));
        hub_.launcher.stop(server);
        batch.push_back(server);
        if (static_cast<std::int64_t>(batch.size()) >= settings_.concurrency)
            co_await stop_batch(std::exchange(batch, {}));
    }
    co_await stop_batch(std::move(batch));
}

// Waits for stops that are under way.
Task<> IdleCuller::stop_batch(std::vector<ServerPointer> servers)
{
    for (auto const& server : servers) {
        if (!co_await wait_until_settled(server, stop_patience)) {
            log::warning("The server of {} takes long to stop", server->label());
            continue;
        }
        if (!settings_.remove_named_servers || server->server_name.empty() || server->active())
            continue;
        Departure const departure(hub_.servers, server->user_id, server->server_name);
        model::User owner;
        owner.id = server->user_id;
        owner.name = server->user_name;
        auto const removed = co_await remove_named_server(hub_, owner, server->server_name);
        if (!removed && removed.error().code != Errc::invalid_state) // else somebody has started it again
            log::error("{} could not be removed: {}", server->label(), removed.error().message);
    }
}

Async<> IdleCuller::delete_people()
{
    if (!settings_.cull_users)
        co_return Result<>{};
    CO_CHECK(co_await hub_.activity.flush());
    auto const list = [](store::Transaction& transaction) { return store::list_users(transaction, {}); };
    CO_TRY(auto const people, co_await hub_.store.read(list));
    for (auto const& person : people) {
        auto const servers = hub_.servers.of_user(person.id);
        PersonFacts facts{person.admin, false, person.created, person.last_activity};
        facts.has_servers = std::ranges::any_of(servers, [](auto const& server) { return server->active(); });
        if (hub_.stopping.is_set() || !decide_person(settings_, facts, hub_.now()))
            continue;
        auto const quiet = hub_.now() - person.last_activity.value_or(person.created.value_or(hub_.now()));
        CullDecision const decision{CullVerdict::stop, std::chrono::floor<std::chrono::seconds>(quiet), {}};
        log::warning("Deleting {}, who was not active for {} seconds", person.name, decision.quiet.count());
        hub_.audit.record(entry_of("cull user", {{"user", person.name}}, decision));
        auto const removed = co_await remove_user(hub_, person, ActiveServers::refuse, stop_patience);
        if (!removed && removed.error().code != Errc::invalid_state && removed.error().code != Errc::not_found)
            co_return std::unexpected(removed.error());
    }
    co_return Result<>{};
}

Async<> IdleCuller::look()
{
    CO_CHECK(co_await check_routes(hub_)); // brings the activity that the proxy saw
    co_await stop_servers();
    co_return co_await delete_people();
}

Task<> IdleCuller::look_forever()
{
    if (!settings_.enabled)
        co_return;
    log::info("Idle servers are stopped after {} seconds", settings_.timeout.count());
    do {
        if (auto const looked = co_await look(); !looked)
            log::error("Idle servers could not be looked for: {} {}", looked.error().message, looked.error().detail);
    } while (!co_await hub_.stopping.wait(settings_.cull_every));
}

} // namespace jhub::hub::services

#include "hub/services/idle_decision.hpp"

namespace jhub::hub::services {
namespace {

using std::chrono::seconds;

// Nothing is known: then it is as if it were of this moment.
seconds since(std::optional<Timestamp> time, Timestamp now)
{
    return time ? std::chrono::floor<seconds>(now - *time) : seconds(0);
}

} // namespace

CullDecision decide_server(config::IdleCullerSettings const& settings, ServerFacts const& server, Timestamp now)
{
    CullDecision decision;
    decision.quiet = since(server.last_activity ? server.last_activity : server.started, now);
    decision.age = since(server.started, now);
    bool const counts = server.is_default ? settings.cull_default_servers : settings.cull_named_servers;
    if (!server.ready || !counts)
        return decision;
    auto const due_within = [&](seconds patience) {
        bool const idle = decision.quiet + patience >= settings.timeout;
        bool const old = settings.max_age.count() > 0 && decision.age + patience > settings.max_age &&
                         decision.quiet + patience >= busy_window;
        return idle || old;
    };
    if (server.warned && due_within(seconds(0)))
        decision.verdict = CullVerdict::stop;
    else if (due_within(settings.cull_every))
        decision.verdict = CullVerdict::warn;
    return decision;
}

bool decide_person(config::IdleCullerSettings const& settings, PersonFacts const& person, Timestamp now)
{
    if (!settings.cull_users || person.has_servers || (person.admin && !settings.cull_admin_users))
        return false;
    auto const quiet = since(person.last_activity ? person.last_activity : person.created, now);
    auto const age = since(person.created, now);
    return quiet >= settings.timeout ||
           (settings.max_age.count() > 0 && age > settings.max_age && quiet >= busy_window);
}

} // namespace jhub::hub::services

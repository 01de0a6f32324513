#include "hub/core/server_state.hpp"

#include <algorithm>
#include <array>

namespace jhub::hub {
namespace {

struct Rule {
    ServerState from;
    ServerEvent event;
    Transition then;
};

using S = ServerState;
using E = ServerEvent;
using A = ServerAction;

constexpr std::array rules{
    Rule{S::stopped, E::start_requested, {S::starting, A::launch}},
    Rule{S::stopped, E::restored, {S::checking, A::verify}},
    Rule{S::starting, E::process_started, {S::waiting, A::probe}},
    Rule{S::starting, E::failed, {S::stopping, A::roll_back}},
    Rule{S::starting, E::stop_requested, {S::stopping, A::terminate}},
    Rule{S::waiting, E::answered, {S::ready, A::publish}},
    Rule{S::waiting, E::failed, {S::stopping, A::roll_back}},
    Rule{S::waiting, E::died, {S::stopping, A::roll_back}},
    Rule{S::waiting, E::stop_requested, {S::stopping, A::terminate}},
    Rule{S::ready, E::stop_requested, {S::stopping, A::terminate}},
    Rule{S::ready, E::died, {S::stopping, A::terminate}},
    Rule{S::ready, E::failed, {S::stopping, A::terminate}},
    Rule{S::checking, E::answered, {S::ready, A::publish}},
    Rule{S::checking, E::died, {S::stopping, A::terminate}},
    Rule{S::checking, E::failed, {S::stopping, A::terminate}},
    Rule{S::checking, E::stop_requested, {S::stopping, A::terminate}},
    Rule{S::stopping, E::gone, {S::stopped, A::settle}},
};

} // namespace

std::optional<Transition> next_state(ServerState state, ServerEvent event)
{
    auto const rule = std::ranges::find_if(rules, [&](Rule const& r) { return r.from == state && r.event == event; });
    if (rule == rules.end())
        return std::nullopt;
    return rule->then;
}

std::string_view pending_name(ServerState state)
{
    switch (state) {
    case S::starting:
    case S::waiting:
        return "spawn";
    case S::stopping:
        return "stop";
    case S::checking:
        return "check";
    case S::stopped:
    case S::ready:
        return "";
    }
    return "";
}

bool is_active(ServerState state) { return state != ServerState::stopped; }

} // namespace jhub::hub

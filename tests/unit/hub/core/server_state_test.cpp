#include "hub/core/server_state.hpp"

#include <array>
#include <map>
#include <utility>

#include <gtest/gtest.h>

namespace jhub::hub {
namespace {

using S = ServerState;
using E = ServerEvent;
using A = ServerAction;

constexpr std::array all_states{S::stopped, S::starting, S::waiting, S::ready, S::stopping, S::checking};
constexpr std::array all_events{
    E::start_requested, E::process_started, E::answered, E::failed, E::stop_requested, E::died, E::gone, E::restored};

// Written by hand from reference spawner.md §1, not from the table of the program.
std::map<std::pair<S, E>, Transition> const expected{
    {{S::stopped, E::start_requested}, {S::starting, A::launch}},
    {{S::stopped, E::restored}, {S::checking, A::verify}},
    {{S::starting, E::process_started}, {S::waiting, A::probe}},
    {{S::starting, E::failed}, {S::stopping, A::roll_back}},
    {{S::starting, E::stop_requested}, {S::stopping, A::terminate}},
    {{S::waiting, E::answered}, {S::ready, A::publish}},
    {{S::waiting, E::failed}, {S::stopping, A::roll_back}},
    {{S::waiting, E::died}, {S::stopping, A::roll_back}},
    {{S::waiting, E::stop_requested}, {S::stopping, A::terminate}},
    {{S::ready, E::stop_requested}, {S::stopping, A::terminate}},
    {{S::ready, E::died}, {S::stopping, A::terminate}},
    {{S::ready, E::failed}, {S::stopping, A::terminate}},
    {{S::checking, E::answered}, {S::ready, A::publish}},
    {{S::checking, E::died}, {S::stopping, A::terminate}},
    {{S::checking, E::failed}, {S::stopping, A::terminate}},
    {{S::checking, E::stop_requested}, {S::stopping, A::terminate}},
    {{S::stopping, E::gone}, {S::stopped, A::settle}},
};

TEST(ServerStateMachine, every_event_in_every_state_has_the_meaning_of_the_table_or_none)
{
    for (auto const state : all_states)
        for (auto const event : all_events) {
            auto const found = expected.find({state, event});
            auto const wanted = found == expected.end() ? std::nullopt : std::optional(found->second);
            EXPECT_EQ(next_state(state, event), wanted)
                << "state " << static_cast<int>(state) << ", event " << static_cast<int>(event);
        }
}

TEST(ServerStateMachine, from_every_state_a_stop_leads_to_stopped)
{
    for (auto state : all_states) {
        if (auto const stop = next_state(state, E::stop_requested))
            state = stop->next;
        if (auto const gone = next_state(state, E::gone))
            state = gone->next;
        EXPECT_EQ(state, S::stopped);
    }
}

TEST(ServerStateMachine, pending_is_named_as_the_rest_api_names_it)
{
    EXPECT_EQ(pending_name(S::starting), "spawn");
    EXPECT_EQ(pending_name(S::waiting), "spawn");
    EXPECT_EQ(pending_name(S::stopping), "stop");
    EXPECT_EQ(pending_name(S::checking), "check");
    EXPECT_EQ(pending_name(S::ready), "");
    EXPECT_EQ(pending_name(S::stopped), "");
}

TEST(ServerStateMachine, everything_but_stopped_is_active)
{
    for (auto const state : all_states)
        EXPECT_EQ(is_active(state), state != S::stopped);
}

} // namespace
} // namespace jhub::hub

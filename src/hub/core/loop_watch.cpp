#include "hub/core/loop_watch.hpp"

#include "hub/core/hub.hpp"

namespace jhub::hub {

Task<> watch_loop(Hub& hub)
{
    constexpr std::chrono::milliseconds tick{50};
    for (;;) {
        Stopwatch const watch(*hub.metrics, Measure::event_loop);
        if (co_await hub.stopping.wait(tick))
            co_return;
        watch.stop();
    }
}

} // namespace jhub::hub

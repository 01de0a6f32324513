// How long to wait before a service that ended is started again: half a second at first, twice as long each time while
// it keeps ending, at most a minute; back to the beginning once it ran for a minute. Pure.
#pragma once

#include <algorithm>
#include <chrono>
#include <utility>

namespace jhub::hub::services {

class RestartPause {
  public:
    // ran: how long the process that ended had lived; zero when it could not even be started.
    std::chrono::milliseconds after(std::chrono::steady_clock::duration ran)
    {
        if (ran >= long_enough)
            next_ = shortest;
        return std::exchange(next_, std::min(next_ * 2, longest));
    }

  private:
    static constexpr std::chrono::milliseconds shortest{500}, longest{60'000}, long_enough{60'000};
    std::chrono::milliseconds next_ = shortest;
};

} // namespace jhub::hub::services

// The events of a start, as the progress stream and the pending page show them (reference spawner.md §8).
#pragma once

#include "base/json.hpp"
#include "hub/core/live_server.hpp"
#include "hub/core/urls.hpp"

namespace jhub::hub {

[[nodiscard]] Json ready_event(LiveServer const& server, Urls const& urls);
[[nodiscard]] Json failed_event(StartFailure const& failure);
// Text for a person, in HTML: reason, advice and the last lines of output, all escaped.
[[nodiscard]] std::string failure_html(StartFailure const& failure);

} // namespace jhub::hub

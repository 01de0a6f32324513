// The event log: a line of JSON for each server that was started, and for each that was stopped because somebody asked
// for it (reference services.md §7, schema server-action). Logic thread.
#pragma once

#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "config/settings.hpp"
#include "hub/core/line_file.hpp"

namespace jhub::hub {

enum class ServerActionEvent { start, stop };

class EventLog {
  public:
    // clock must outlive it.
    EventLog(Clock const& clock, std::vector<config::EventTarget> const& targets);

    // server is empty for the default one.
    void record(ServerActionEvent event, std::string_view user, std::string_view server);

  private:
    Clock const& clock_;
    std::vector<LineFile> files_;
};

} // namespace jhub::hub

// EventLogger.handlers: handlers of Python's logging module that write to a file or to a standard stream; the hub
// writes there itself (reference services.md §7).
#include "config/settings_parts.hpp"
#include "config/settings_read.hpp"
#include "config/value.hpp"

namespace jhub::config {

Result<std::vector<EventTarget>> read_event_targets(Config const& config)
{
    std::vector<EventTarget> targets;
    auto const& handlers = config.value("EventLogger", "handlers");
    if (handlers.is_null())
        return targets;
    for (auto const& handler : handlers) {
        auto const* content = tagged(handler, "$handler");
        if (content == nullptr)
            return refuse(config, "EventLogger", "handlers",
                          "each must be a logging.FileHandler, or a logging.StreamHandler of a standard stream, not " +
                              kind_of(handler));
        targets.push_back({content->value("file", ""), content->value("stream", "")});
    }
    return targets;
}

} // namespace jhub::config

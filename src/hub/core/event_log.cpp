#include "hub/core/event_log.hpp"

#include <unistd.h>

#include <fmt/format.h>

#include "base/json.hpp"
#include "base/time_text.hpp"

namespace jhub::hub {
namespace {

constexpr std::string_view schema = "https://schema.jupyter.org/jupyterhub/events/server-action";

} // namespace

EventLog::EventLog(Clock const& clock, std::vector<config::EventTarget> const& targets) : clock_(clock)
{
    for (auto const& target : targets) {
        if (target.file.empty())
            files_.emplace_back(target.stream == "stdout" ? STDOUT_FILENO : STDERR_FILENO);
        else
            files_.emplace_back(target.file);
    }
}

void EventLog::record(ServerActionEvent event, std::string_view user, std::string_view server)
{
    if (files_.empty())
        return;
    auto const text = [](std::string_view value) {
        return Json(value).dump(-1, ' ', true, Json::error_handler_t::replace);
    };
    // By hand, because readers see these first in the order of the Python hub.
    std::string const line = fmt::format(
        R"({{"__timestamp__": "{}", "__schema__": "{}", "__schema_version__": 1, "__metadata_version__": 1, )"
        R"("action": "{}", "username": {}, "servername": {}}})",
        to_iso8601(clock_.now()), schema, event == ServerActionEvent::start ? "start" : "stop", text(user),
        text(server));
    for (auto& file : files_)
        file.append(line);
}

} // namespace jhub::hub

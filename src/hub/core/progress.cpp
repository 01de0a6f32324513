#include "hub/core/progress.hpp"

#include <fmt/format.h>

#include "jinja/text.hpp"

namespace jhub::hub {

Json ready_event(LiveServer const& server, Urls const& urls)
{
    std::string const url = urls.server_url(server.user_name, server.server_name);
    return {{"progress", 100},
            {"ready", true},
            {"message", "Server ready at " + url},
            {"html_message", fmt::format("Server ready at <a href=\"{0}\">{0}</a>", jinja::escaped(url))},
            {"url", url}};
}

std::string failure_html(StartFailure const& failure)
{
    if (!failure.html.empty())
        return failure.html;
    std::string html = jinja::escaped(failure.message);
    if (!failure.advice.empty())
        html += "<p>" + jinja::escaped(failure.advice) + "</p>";
    if (!failure.output.empty())
        html += "<pre>" + jinja::escaped(failure.output) + "</pre>";
    return html;
}

Json failed_event(StartFailure const& failure)
{
    if (failure.cancelled)
        return {{"progress", 100}, {"failed", true}, {"message", "Spawn cancelled"}};
    return {{"progress", 100},
            {"failed", true},
            {"message", "Spawn failed: " + failure.message},
            {"html_message", "Spawn failed: " + failure_html(failure)}};
}

} // namespace jhub::hub

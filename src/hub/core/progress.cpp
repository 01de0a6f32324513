#include "hub/core/progress.hpp"

#include <fmt/format.h>

namespace jhub::hub {

std::string escape_html(std::string_view text)
{
    std::string out;
    for (char const c : text) {
        switch (c) {
        case '&':
            out += "&amp;";
            break;
        case '<':
            out += "&lt;";
            break;
        case '>':
            out += "&gt;";
            break;
        case '"':
            out += "&#34;";
            break;
        case '\'':
            out += "&#39;";
            break;
        default:
            out += c;
        }
    }
    return out;
}

Json ready_event(LiveServer const& server, Urls const& urls)
{
    std::string const url = urls.server(server.user_name, server.server_name);
    return {{"progress", 100},
            {"ready", true},
            {"message", "Server ready at " + url},
            {"html_message", fmt::format("Server ready at <a href=\"{0}\">{0}</a>", escape_html(url))},
            {"url", url}};
}

std::string failure_html(StartFailure const& failure)
{
    if (!failure.html.empty())
        return failure.html;
    std::string html = escape_html(failure.message);
    if (!failure.advice.empty())
        html += "<p>" + escape_html(failure.advice) + "</p>";
    if (!failure.output.empty())
        html += "<pre>" + escape_html(failure.output) + "</pre>";
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

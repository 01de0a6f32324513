#include "hub/dispatch/router.hpp"

#include "hub/dispatch/handler_names.hpp"

namespace jhub::hub {

Router::Router(std::vector<RouteTable> tables) : tables_(std::move(tables))
{
    for (auto const& table : tables_)
        for (auto const& route : table.routes)
            entries_.push_back({&table, &route, Pattern(route.pattern),
                                find_handler_name(route.pattern).value_or(unmatched_handler_name(table.surface))});
}

std::optional<Match> Router::find(http::Method method, std::string_view path) const
{
    std::optional<Match> match;
    for (auto const& entry : entries_) {
        auto values = entry.pattern.match(path);
        if (!values)
            continue;
        if (entry.route->method == method) {
            bool const has_server = values->contains("server");
            return Match{entry.table, entry.route, *std::move(values), {}, has_server, entry.handler_name};
        }
        if (!match)
            match = Match{entry.table, nullptr, *std::move(values), {}, false, entry.handler_name};
        match->allowed += (match->allowed.empty() ? "" : ", ") + std::string(http::to_string(entry.route->method));
    }
    return match;
}

} // namespace jhub::hub

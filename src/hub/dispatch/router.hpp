// All route tables in one place: finds the row for a method and path. Tables are tried in the order given, so a
// plugin's or a more special table can stand before a general one.
#pragma once

#include <vector>

#include "hub/dispatch/pattern.hpp"
#include "hub/dispatch/route.hpp"

namespace jhub::hub {

struct Match {
    RouteTable const* table = nullptr;
    Route const* route = nullptr; // null: the path is known, the method is not
    PathValues values;
    std::string allowed;           // methods of the path, "GET, POST", for 405 answers
    bool has_server = false;       // the pattern has a {server} parameter
    std::string_view handler_name; // for the metrics
};

class Router {
  public:
    explicit Router(std::vector<RouteTable> tables);

    // path: percent-encoded, below the hub's prefix with its leading slash. Nothing for an unknown path.
    [[nodiscard]] std::optional<Match> find(http::Method method, std::string_view path) const;
    [[nodiscard]] std::vector<RouteTable> const& tables() const { return tables_; }

  private:
    struct Entry {
        RouteTable const* table;
        Route const* route;
        Pattern pattern;
        std::string_view handler_name;
    };
    std::vector<RouteTable> tables_;
    std::vector<Entry> entries_;
};

} // namespace jhub::hub

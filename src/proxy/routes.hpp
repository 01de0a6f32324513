// The route table: which prefix leads to which target (reference cli.md §3.2, §3.3, §3.6). One thread, that of the
// control API, changes it; any number of workers match requests against immutable snapshots. Knows nothing of HTTP.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "base/json.hpp"
#include "base/result.hpp"
#include "proxy/request_path.hpp"
#include "proxy/route_map.hpp"
#include "proxy/route_traffic.hpp"
#include "proxy/target.hpp"

namespace jhub::proxy {

// One entry. Only the time of last activity changes after it was made, so it is shared freely between threads.
// A replaced route is a new object: connections to the old one's target are never used for the new one.
struct Route {
    std::string key;          // RouteKey::text()
    std::string shown;        // RouteKey::shown()
    std::size_t segments = 0; // of the key; with host routing the host is one of them
    std::string path_prefix;  // percent-decoded, without a routed host; empty when the route covers every path
    Target target;
    std::string json_name; // shown, as a JSON string
    std::string json_head; // the posted fields as JSON, up to the value of last_activity
    mutable std::atomic<std::int64_t> last_activity_ms = 0;
    LazyTraffic traffic;

    void touch(std::int64_t now_ms) const { last_activity_ms.store(now_ms, std::memory_order_relaxed); }
    void append_json(std::string& out) const;
    // As RouteTable::add() takes it.
    [[nodiscard]] std::string encoded_path() const;
};

// What a worker holds: the routes of one moment.
struct RouteSnapshot {
    std::uint64_t version = 0;
    RouteMap map;
    std::size_t most_segments = 0; // upper bound: no route is longer

    struct Match {
        RoutePointer const* route = nullptr; // lives as long as the snapshot
        std::size_t segments = 0;            // of the request's key that the route covers
    };
    // The longest prefix that has a route.
    [[nodiscard]] Match find(RouteKey const& key) const;
};
using SnapshotPointer = std::shared_ptr<RouteSnapshot const>;

// Hands the newest snapshot to workers. A worker keeps its pointer and asks again only when version() has moved, which
// costs one plain load a request.
class SnapshotSource {
  public:
    SnapshotSource();
    [[nodiscard]] std::uint64_t version() const { return version_.load(std::memory_order_acquire); }
    [[nodiscard]] SnapshotPointer newest() const;
    void publish(SnapshotPointer snapshot);

  private:
    std::atomic<std::uint64_t> version_ = 0;
    mutable std::mutex mutex_;
    SnapshotPointer newest_;
};

struct RouteRules {
    bool host_routing = false;
};

// The table itself; belongs to one thread.
class RouteTable {
  public:
    explicit RouteTable(RouteRules rules, Clock const& clock = system_clock()) : rules_(rules), clock_(clock) {}

    // Adds or replaces. data must hold "target". Errc::invalid_argument says what is wrong with path or target.
    Result<RoutePointer> add(std::string_view encoded_path, Json data);
    // Errc::not_found when there is no such entry.
    Result<RoutePointer> remove(std::string_view encoded_path);
    // The exact entry, no prefix match.
    [[nodiscard]] Result<RoutePointer> get(std::string_view encoded_path) const;

    // {"/path": {...}, ...} in the order in which they were added; only those idle since before `inactive_since`.
    [[nodiscard]] std::string json(std::optional<Timestamp> inactive_since = {}) const;

    // [{"path": "/encoded", "route": {...}}, ...] in the same order: what add() needs to make the table again.
    [[nodiscard]] std::string saved() const;

    // Calls visit(Route const&) for each, in the same order.
    template <typename Visit> void each(Visit const& visit) const
    {
        for (auto const& [number, route] : ordered_)
            visit(*route);
    }
    [[nodiscard]] std::size_t size() const { return ordered_.size(); }
    [[nodiscard]] SnapshotSource& snapshots() { return snapshots_; }

  private:
    struct Place {
        std::uint64_t number; // position in ordered_
        std::uint64_t hash;
    };
    void publish(RouteMap map, std::size_t most_segments);

    RouteRules rules_;
    Clock const& clock_;
    std::map<std::uint64_t, RoutePointer> ordered_;
    std::unordered_map<std::string, Place> places_;
    std::uint64_t next_number_ = 0;
    SnapshotPointer current_ = std::make_shared<RouteSnapshot>();
    SnapshotSource snapshots_;
};

// 2026-01-02T03:04:05.678Z
[[nodiscard]] std::string to_iso8601_ms(std::int64_t ms_since_epoch);

} // namespace jhub::proxy

// The route table: which prefix leads to which target (reference cli.md §3.2, §3.3, §3.6). One thread, that of the
// control API, changes it; any number of workers match requests against immutable snapshots. Knows nothing of HTTP.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
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
// There may be a hundred thousand: what can be made from the key is not kept.
struct Route {
    std::string key;           // RouteKey::text()
    std::uint32_t path_at = 0; // where the path begins in the key, behind a routed host
    bool leads_to_hub = false; // as the hub says of its own route
    Target target;
    std::string json_fields;  // the posted fields as a JSON object without its closing brace
    std::uint64_t number = 0; // the order of adding
    mutable std::atomic<std::int64_t> last_activity_ms = 0;
    LazyTraffic traffic;

    void touch(std::int64_t now_ms) const { last_activity_ms.store(now_ms, std::memory_order_relaxed); }
    // Percent-decoded, without a routed host; empty when the route covers every path.
    [[nodiscard]] std::string_view path_prefix() const { return std::string_view(key).substr(path_at); }
    // As the REST API names it.
    [[nodiscard]] std::string shown() const { return shown_key(key); }
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

    // Calls visit(Route const&) for each, in no order.
    template <typename Visit> void each(Visit const& visit) const { current_->map.each(visit); }
    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] SnapshotSource& snapshots() { return snapshots_; }

  private:
    void publish(RouteMap map, std::size_t most_segments);
    [[nodiscard]] RoutePointer const* find(RouteKey const& key) const;
    [[nodiscard]] std::vector<Route const*> in_order() const;

    RouteRules rules_;
    Clock const& clock_;
    std::size_t size_ = 0;
    std::uint64_t next_number_ = 0;
    SnapshotPointer current_ = std::make_shared<RouteSnapshot>();
    SnapshotSource snapshots_;
};

// 2026-01-02T03:04:05.678Z
[[nodiscard]] std::string to_iso8601_ms(std::int64_t ms_since_epoch);

} // namespace jhub::proxy

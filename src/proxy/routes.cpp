#include "proxy/routes.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/strings.hpp"
#include "base/url.hpp"

namespace jhub::proxy {
namespace {

constexpr std::size_t json_bytes_of_a_route = 200; // a guess that saves most reallocations

std::int64_t milliseconds(Timestamp time)
{
    return std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch().count();
}

std::string compact(Json const& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

void append_json_text(std::string& out, std::string const& text)
{
    bool const plain =
        std::ranges::all_of(text, [](char c) { return c >= ' ' && c < '\x7f' && c != '"' && c != '\\'; });
    if (plain)
        out.append("\"").append(text).append("\"");
    else
        out += compact(Json(text));
}

} // namespace

std::string to_iso8601_ms(std::int64_t ms_since_epoch)
{
    std::chrono::sys_time<std::chrono::milliseconds> const time{std::chrono::milliseconds(ms_since_epoch)};
    auto const day = std::chrono::floor<std::chrono::days>(time);
    std::chrono::year_month_day const date(day);
    std::chrono::hh_mm_ss const clock(time - day);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                       clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
}

void Route::append_json(std::string& out) const
{
    out += json_fields; // never empty: they hold the target
    out += ",\"last_activity\":\"";
    out += to_iso8601_ms(last_activity_ms.load(std::memory_order_relaxed));
    out += "\"}";
}

// A NUL stands for a slash inside a segment; nothing else encodes to %00.
std::string Route::encoded_path() const
{
    return key.empty() ? "/" : replace_all(percent_encode(key, "/"), "%00", "%2F");
}

RouteSnapshot::Match RouteSnapshot::find(RouteKey const& key) const
{
    auto const& prefixes = key.prefixes();
    for (std::size_t count = std::min(prefixes.size(), most_segments + 1); count-- > 0;) {
        KeyPrefix const& prefix = prefixes[count];
        if (RoutePointer const* route = map.find(prefix.hash, key.text().substr(0, prefix.end)))
            return {route, count};
    }
    return {};
}

SnapshotSource::SnapshotSource() : newest_(std::make_shared<RouteSnapshot>()) {}

SnapshotPointer SnapshotSource::newest() const
{
    std::scoped_lock const lock(mutex_);
    return newest_;
}

void SnapshotSource::publish(SnapshotPointer snapshot)
{
    auto const version = snapshot->version;
    {
        std::scoped_lock const lock(mutex_);
        newest_.swap(snapshot); // the old one is released outside the lock
    }
    version_.store(version, std::memory_order_release);
}

RoutePointer const* RouteTable::find(RouteKey const& key) const
{
    return current_->map.find(key.prefixes().back().hash, key.text());
}

std::vector<Route const*> RouteTable::in_order() const
{
    std::vector<Route const*> all;
    all.reserve(size_);
    each([&all](Route const& route) { all.push_back(&route); });
    std::ranges::sort(all, {}, &Route::number);
    return all;
}

void RouteTable::publish(RouteMap map, std::size_t most_segments)
{
    auto next = std::make_shared<RouteSnapshot>();
    next->version = current_->version + 1;
    next->map = std::move(map);
    next->most_segments = most_segments;
    current_ = std::move(next);
    snapshots_.publish(current_);
}

Result<RoutePointer> RouteTable::add(std::string_view encoded_path, Json data)
{
    TRY(RouteKey const key, route_key(encoded_path, rules_.host_routing));
    auto route = std::make_shared<Route>();
    TRY(route->target, parse_target(data.at("target").get_ref<std::string const&>()));
    route->key = key.text();
    if (rules_.host_routing)
        route->path_at = static_cast<std::uint32_t>(std::min(route->key.find('/', 1), route->key.size()));
    route->touch(milliseconds(clock_.now()));

    auto const hub = data.find("hub");
    route->leads_to_hub = hub != data.end() && hub->is_boolean() && hub->get<bool>();
    data.erase("last_activity");
    if (rules_.host_routing && !route->key.empty())
        data["host"] = split(route->shown(), '/')[1];
    route->json_fields = compact(data);
    route->json_fields.pop_back();
    route->json_fields.shrink_to_fit();

    RoutePointer const* const replaced = find(key);
    route->number = replaced == nullptr ? next_number_++ : (*replaced)->number;
    size_ += replaced == nullptr ? 1 : 0;
    std::size_t const segments = key.prefixes().size() - 1;
    publish(current_->map.with(key.prefixes().back().hash, route), std::max(current_->most_segments, segments));
    return route;
}

Result<RoutePointer> RouteTable::remove(std::string_view encoded_path)
{
    TRY(RouteKey const key, route_key(encoded_path, rules_.host_routing));
    RoutePointer const* const found = find(key);
    if (found == nullptr)
        return fail(Errc::not_found, "no such route");
    RoutePointer removed = *found;
    publish(current_->map.without(key.prefixes().back().hash, key.text()), current_->most_segments);
    --size_;
    return removed;
}

Result<RoutePointer> RouteTable::get(std::string_view encoded_path) const
{
    TRY(RouteKey const key, route_key(encoded_path, rules_.host_routing));
    RoutePointer const* const found = find(key);
    if (found == nullptr)
        return fail(Errc::not_found, "no such route");
    return *found;
}

std::string RouteTable::json(std::optional<Timestamp> inactive_since) const
{
    std::string out = "{";
    out.reserve(size_ * json_bytes_of_a_route);
    for (Route const* route : in_order()) {
        if (inactive_since && route->last_activity_ms.load(std::memory_order_relaxed) >= milliseconds(*inactive_since))
            continue;
        if (out.size() > 1)
            out += ',';
        append_json_text(out, route->shown());
        out += ':';
        route->append_json(out);
    }
    return out + "}";
}

std::string RouteTable::saved() const
{
    std::string out = "[";
    for (Route const* route : in_order()) {
        out += fmt::format("{}\n{{\"path\":\"{}\",\"route\":", out.size() > 1 ? "," : "", route->encoded_path());
        route->append_json(out);
        out += '}';
    }
    return out + "]\n";
}

} // namespace jhub::proxy

// The path of a request, as routes see it and as it is forwarded. Both come from one normalised form, so that the
// target chosen and the path it receives always agree (reference cli.md §3.3, §3.4).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "proxy/target.hpp"

namespace jhub::proxy {

// A request target taken apart. Dot segments are resolved, backslashes become slashes and characters that a URL cannot
// hold are percent-encoded, as browsers do; escapes stay as they were sent.
struct RequestPath {
    std::string path;  // begins with "/"
    std::string query; // without "?"
    bool has_query = false;

    [[nodiscard]] std::string text() const { return has_query ? path + "?" + query : path; }
};

// Takes the origin-form that the head parser made of the request's target, or "*" (which routes as "/*").
[[nodiscard]] Result<RequestPath> parse_request_target(std::string_view target);

// One prefix of a path, by whole segments: the first `end` characters of the key.
struct KeyPrefix {
    std::uint32_t end;
    std::uint64_t hash;
};

// A decoded path as the route table compares it: "/" before each segment, a slash that was sent as %2F is a NUL (which
// no path may hold otherwise). Reusable, so that matching a request allocates nothing once the buffers have grown.
class RouteKey {
  public:
    // Appends the segments of a percent-encoded path beginning with "/". False for a broken escape, for NUL and for
    // bytes that are not UTF-8.
    [[nodiscard]] bool append_path(std::string_view encoded_path);
    void append_segment(std::string_view decoded);
    void clear();

    [[nodiscard]] std::string_view text() const { return text_; }
    // The prefixes, shortest ("" for the root) first.
    [[nodiscard]] std::vector<KeyPrefix> const& prefixes() const { return prefixes_; }

  private:
    void add(char c);
    void end_segment();

    std::string text_;
    std::vector<KeyPrefix> prefixes_;
    std::uint64_t hash_ = 0;
};

// A key's text as the REST API shows it: "/" for the root, the inner slash of a segment as %2F.
[[nodiscard]] std::string shown_key(std::string_view key);

// The key of a route as posted to the REST API: a leading slash is added, one trailing slash dropped.
// With host_routing the first segment is a host and compares without regard to case.
[[nodiscard]] Result<RouteKey> route_key(std::string_view encoded_path, bool host_routing);

// The host of a valid Host header in lower case, without port and trailing dot.
[[nodiscard]] std::string host_name(std::string_view host_header);
// "443" of "example.org:443"; empty when there is none.
[[nodiscard]] std::string_view host_port(std::string_view host_header);

struct JoinRules {
    bool prepend_path = true;   // the target's path comes first
    bool include_prefix = true; // the matched prefix stays
};

// What to ask the target for: its own path and the request's with one slash between, its query before the request's.
// matched_segments counts the segments of the path (without a routed host) that the route's prefix covers.
[[nodiscard]] std::string upstream_path(Target const& target, RequestPath const& request, std::size_t matched_segments,
                                        JoinRules rules);

} // namespace jhub::proxy

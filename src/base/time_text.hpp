// Points in time as text: for the API (2026-01-02T03:04:05.678901Z), the database (2026-01-02 03:04:05.678901) and
// HTTP headers (Fri, 02 Jan 2026 03:04:05 GMT). All are UTC.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace jhub {

[[nodiscard]] std::string
to_iso8601(Timestamp time); // no fraction when it is exactly zero (reference rest-api.md §1.6)
[[nodiscard]] std::string to_database_time(Timestamp time); // always six digits (reference database.md §2)
[[nodiscard]] std::string to_http_date(Timestamp time);     // RFC 9110 §5.6.7

// Accepts the forms of ISO 8601 and of mail and HTTP (RFC 5322 §3.3): "T" or a blank between date and time, optional
// fraction (cut to microseconds), "Z", "GMT", an offset or nothing (then UTC). nullopt for anything else.
[[nodiscard]] std::optional<Timestamp> parse_time(std::string_view text);

} // namespace jhub

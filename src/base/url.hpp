// Percent-encoding, query strings and absolute URLs (RFC 3986), and the hub's own escaping of names.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace jhub {

// Letters, digits and -._~ are never escaped; safe lists further characters to leave alone.
[[nodiscard]] std::string percent_encode(std::string_view text, std::string_view safe = "");
// nullopt for a broken escape. "+" stays "+".
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);

// A user or server name as a path segment: everything outside A-Za-z0-9_.-~@ is escaped (reference rest-api.md §1.6).
[[nodiscard]] std::string escape_name(std::string_view name);

// Joins with exactly one "/" at each joint; "/a/", "b" gives "/a/b".
[[nodiscard]] std::string join_path(std::string_view first, std::string_view second);

// Decoded fields in order; "+" is a blank, a broken escape is kept as it is. Serves query strings and form bodies.
using QueryFields = std::vector<std::pair<std::string, std::string>>;
[[nodiscard]] QueryFields parse_query(std::string_view text);
[[nodiscard]] std::string build_query(QueryFields const& fields);
// The last value of a field, or nothing.
[[nodiscard]] std::optional<std::string> query_value(QueryFields const& fields, std::string_view name);
// Adds "?query" or "&query"; an empty query changes nothing.
[[nodiscard]] std::string with_query(std::string_view url, std::string_view query);

struct Url {
    std::string scheme;     // lower case
    std::string host;       // without brackets
    std::uint16_t port = 0; // default of the scheme when absent
    bool has_port = false;
    std::string path; // as written, "/" when empty
    std::string query;

    [[nodiscard]] std::string authority() const; // host, with port when one was written
    [[nodiscard]] std::string origin() const;    // scheme://authority
};

// An absolute http, https, ws, wss or http+unix URL without user information.
[[nodiscard]] Result<Url> parse_url(std::string_view text);

} // namespace jhub

// Where to go after a login: ?next= must not lead to another site (reference auth-flow.md §5 "next URL").
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace jhub::auth {

struct OwnSite {
    std::string scheme;         // "https"
    std::string host;           // with port if one is written: "hub.example.org:8000"
    std::string subdomain_host; // netloc of c.JupyterHub.subdomain_host; empty when not set
};

// Path, query and fragment with exactly one leading slash, safe to send as Location; or nothing, then a default is
// used. Refused too: control characters, blanks at the start, more than 8 KiB.
[[nodiscard]] std::optional<std::string> validate_next_url(std::string_view next, OwnSite const& site);

} // namespace jhub::auth

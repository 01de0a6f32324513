// Host names of users and services under c.JupyterHub.subdomain_host (reference auth-flow.md §11). Pure.
#pragma once

#include <string>
#include <string_view>

#include "config/addresses.hpp"

namespace jhub::hub {

enum class SubdomainOf { user, service };

// "ada.hub.example.org", "grader--service.hub.example.org". With the hook idna no two names share a host: what is no
// host name by itself, or looks like one that was made, becomes u-STUB--HASH.
[[nodiscard]] std::string subdomain(config::SubdomainHook hook, std::string_view name, std::string_view domain,
                                    SubdomainOf kind);

} // namespace jhub::hub

// The JSON models of shares and share codes (reference rest-api.md §2.5).
#pragma once

#include "hub/api/models.hpp"
#include "store/shares.hpp"

namespace jhub::hub::api {

[[nodiscard]] Json share_model(store::ShareOverview const& share, ServersNow const& live, Urls const& urls);
// Without the code itself, which only its creation tells.
[[nodiscard]] Json share_code_model(store::ShareCodeOverview const& code, ServersNow const& live, Urls const& urls);
[[nodiscard]] Json accept_urls(std::string_view code, Urls const& urls); // code, accept_url, full_accept_url

} // namespace jhub::hub::api

// Pages of long lists (reference rest-api.md §1.7): offset and limit, and the envelope for those who ask for it.
#pragma once

#include "base/json.hpp"
#include "hub/dispatch/request_context.hpp"

namespace jhub::hub::api {

struct Paging {
    std::int64_t offset = 0, limit = 0;
    bool enveloped = false;
};

[[nodiscard]] Result<Paging> paging_of(RequestContext const& context);
// total: how many there are without offset and limit.
[[nodiscard]] http::Response page_response(RequestContext const& context, Paging const& paging, Json items,
                                           std::int64_t total);

} // namespace jhub::hub::api

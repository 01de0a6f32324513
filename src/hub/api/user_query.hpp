// Which users GET /users asks for, and which of them the requester may list (reference rest-api.md §3.3).
#pragma once

#include "hub/dispatch/request_context.hpp"
#include "store/users.hpp"

namespace jhub::hub::api {

// state, name_filter and sort of the query, narrowed to the requester's holding of list:users; the page is not set.
// Errc::invalid_argument for a word that is not known, Errc::forbidden for a holding that cannot be turned into a
// query.
[[nodiscard]] Result<store::UserQuery> user_query(RequestContext const& context);

} // namespace jhub::hub::api

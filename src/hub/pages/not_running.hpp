// The page for a server that does not run: offers to start it, and says why the last start failed.
#pragma once

#include "hub/dispatch/request_context.hpp"

namespace jhub::hub::pages {

[[nodiscard]] Result<http::Response> not_running_page(RequestContext& context, model::User const& owner,
                                                      std::string const& server_name, http::Status status);

} // namespace jhub::hub::pages

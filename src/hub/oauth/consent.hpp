// The page that asks: may this application know who you are, and do these things for you?
#pragma once

#include "hub/dispatch/request_context.hpp"
#include "model/oauth.hpp"
#include "rbac/principals.hpp"

namespace jhub::hub::oauth {

[[nodiscard]] Result<http::Response> consent_page(RequestContext& context, model::OAuthClient const& client,
                                                  rbac::Client const& stands_for,
                                                  std::vector<std::string> const& granted);

} // namespace jhub::hub::oauth

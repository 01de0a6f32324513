// Where a page sends people on to: the validated ?next=, or a default (reference auth-flow.md §5 "next URL").
#pragma once

#include <optional>
#include <string>

#include "hub/dispatch/request_context.hpp"

namespace jhub::hub::pages {

// ?next= if it is safe to follow.
[[nodiscard]] std::optional<std::string> explicit_next(RequestContext const& context);
// ?next=, else the page's own default, else the site's: the running server, the spawn page or home.
[[nodiscard]] std::string next_page(RequestContext const& context, model::User const* user,
                                    std::optional<std::string> page_default = {});

} // namespace jhub::hub::pages

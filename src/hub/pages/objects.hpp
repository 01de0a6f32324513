// The hub's users and servers as templates see them: the attributes of the Python hub's objects that templates use, one
// table each (docs/reference/templates.md). Copies of what was read: nothing here asks the store. They belong to the
// rendering of one page.
#pragma once

#include <string>

#include "hub/dispatch/request_context.hpp"
#include "jinja/value.hpp"
#include "model/spawner.hpp"
#include "model/user.hpp"

namespace jhub::hub::pages {

// Without a row, that of context.user_rows; a server that was never started has none.
[[nodiscard]] jinja::Value spawner_object(RequestContext const& context, model::User const& owner,
                                          std::string const& server_name, model::SpawnerRow const* row = nullptr);
// Groups, roles and named servers are those of context.user_rows.
[[nodiscard]] jinja::Value user_object(RequestContext const& context, model::User const& user);

// What the authenticator keeps of the user; none where it keeps nothing.
[[nodiscard]] jinja::Value auth_state_of(RequestContext const& context, model::User const& user);

// For the login page. custom_html: what its method get_custom_html() gives.
[[nodiscard]] jinja::Value authenticator_object(Hub const& hub, std::string custom_html);

} // namespace jhub::hub::pages

// What pages and the API ask functions of the configuration: each gets the request as a handler would show it. Without
// such functions the configured value is the answer at once.
#pragma once

#include <optional>
#include <string>

#include "hub/dispatch/request_context.hpp"

namespace jhub::hub {

// The part of a request that Handler in objects.py shows: no cookies, no Authorization.
Async<Json> describe_request(RequestContext& context);

// The same for a login, where the authenticator or a hook looks at it; else null.
Async<Json> describe_login_request(RequestContext& context);

// JupyterHub.named_server_limit_per_user; 0: none.
Async<std::int64_t> named_server_limit(RequestContext& context);

// JupyterHub.default_url for whoever asks; a function's answer is kept in the context for next_page().
Async<std::string> default_url(RequestContext& context);

// Those of JupyterHub.template_vars that are functions, into the context for the renderer. Errors are for the log.
Task<> ask_template_vars(RequestContext& context);

// JupyterHub.user_redirect_hook: where /user-redirect/PATH leads; nothing: as usual.
Async<std::optional<std::string>> redirect_by_hook(RequestContext& context, std::string path);

// Spawner.options_form as HTML for that user's server.
Async<std::string> options_form(RequestContext& context, model::User owner, std::string server_name);

// Spawner.options_from_form on the fields of a form or of the query.
enum class FieldsOf : std::uint8_t { form, query };
Async<Json> options_by_hook(RequestContext& context, model::User owner, std::string server_name, Json fields,
                            FieldsOf what);

} // namespace jhub::hub

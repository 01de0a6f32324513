#include "hub/pages/not_running.hpp"

#include "hub/dispatch/page_renderer.hpp"
#include "hub/pages/next_page.hpp"
#include "hub/pages/objects.hpp"

namespace jhub::hub::pages {

Result<http::Response> not_running_page(RequestContext& context, model::User const& owner,
                                        std::string const& server_name, http::Status status)
{
    auto const& hub = context.hub;
    auto const server = hub.servers.find(owner.id, server_name);
    auto const failure = server && server->failure && !server->failure->cancelled ? server->failure : std::nullopt;
    bool const below_user = context.request.path.starts_with(hub.urls.hub("user/"));
    // Back to what was asked for, as soon as the server runs.
    std::string const wanted = with_query(context.request.path, context.request.query);
    auto const next = below_user ? std::optional(wanted) : explicit_next(context);

    jinja::Dict values;
    values.set("user", user_object(context, owner));
    values.set("server_name", server_name);
    values.set("spawn_url",
               with_query(hub.urls.spawn(owner.name, server_name), next ? build_query({{"next", *next}}) : ""));
    values.set("auth_state", auth_state_of(context, owner));
    values.set("implicit_spawn_seconds", failure ? 0.0 : hub.settings.hub.implicit_spawn_seconds);
    values.set("failed", failure.has_value());
    values.set("failed_message", failure ? failure->message : "");
    values.set("failed_html_message", "");
    values.set("failed_advice", failure ? failure->advice : "");
    values.set("failed_output", failure ? failure->output : "");
    values.set("exception", nullptr);
    return context.pages.render(context, "not_running.html", std::move(values), status);
}

} // namespace jhub::hub::pages

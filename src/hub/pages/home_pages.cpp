// The pages of somebody who is logged in: the start of everything, home, tokens.
#include <array>

#include "hub/core/identity.hpp"
#include "hub/dispatch/page_renderer.hpp"
#include "hub/dispatch/python_questions.hpp"
#include "hub/dispatch/request_context.hpp"
#include "hub/dispatch/responses.hpp"
#include "hub/dispatch/user_rows.hpp"
#include "hub/pages/next_page.hpp"
#include "hub/pages/objects.hpp"
#include "hub/pages/tables.hpp"
#include "hub/pages/token_lists.hpp"

namespace jhub::hub::pages {
namespace {

using http::Method;

// GET /
Async<http::Response> root(RequestContext& context)
{
    auto const& hub = context.hub;
    CO_TRY(std::string const configured, co_await default_url(context));
    if (!context.principal.user && configured.empty())
        co_return redirect(with_query(
            hub.urls.hub("login"), build_query({{"next", with_query(context.request.path, context.request.query)}})));
    co_return redirect(next_page(context, context.principal.user ? &context.user() : nullptr));
}

jinja::Value url_path_join()
{
    return jinja::Value::function([](jinja::Arguments const& arguments) -> Result<jinja::Value> {
        std::string path;
        for (auto const& part : arguments.positional)
            path = path.empty() ? part.to_text() : join_path(path, part.to_text());
        return jinja::Value(path);
    });
}

// GET /home
Async<http::Response> home(RequestContext& context)
{
    auto& hub = context.hub;
    if (auto const server = hub.servers.find(context.user().id, ""))
        CO_CHECK(co_await hub.launcher.poll(server)); // shows the truth, not a server that died a second ago
    CO_CHECK(co_await look_up(context, context.user()));

    auto const default_server = hub.servers.find(context.user().id, "");
    bool const active = default_server && default_server->active();
    jinja::Dict values;
    jinja::Value const user = user_object(context, context.user());
    values.set("user", user);
    values.set("default_server", user.object().attribute("spawner"));
    values.set("spawners", user.object().attribute("_orm_spawners"));
    values.set("url", active ? hub.urls.user_url(context.user().name) : hub.urls.spawn(context.user().name, ""));
    values.set("allow_named_servers", hub.settings.hub.allow_named_servers);
    CO_TRY(auto const limit, co_await named_server_limit(context));
    values.set("named_server_limit_per_user", limit);
    values.set("url_path_join", url_path_join());
    values.set("auth_state", auth_state_of(context, context.user()));
    co_return context.pages.render(context, "home.html", std::move(values));
}

// GET /token
Async<http::Response> tokens(RequestContext& context)
{
    auto const load = [user = context.user(), now = context.hub.now()](store::Transaction& transaction) {
        return load_tokens(transaction, user, now);
    };
    CO_TRY(TokenLists const lists, co_await context.hub.store.write(load));
    jinja::Dict values = token_page_values(lists, context.hub.settings.hub.token_expires_in_max);
    values.set("auth_state", auth_state_of(context, context.user()));
    co_return context.pages.render(context, "token.html", std::move(values));
}

} // namespace

std::span<Route const> home_routes()
{
    static constexpr std::array routes{
        Route{Method::get, "/", rbac::anyone(), root},
        Route{Method::get, "/home", rbac::signed_in(), home},
        Route{Method::get, "/token", rbac::signed_in(), tokens},
    };
    return routes;
}

} // namespace jhub::hub::pages

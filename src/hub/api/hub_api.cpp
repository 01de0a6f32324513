// The hub itself: version, who am I, details, health, shutdown (reference rest-api.md §3.1, §3.2).
#include "hub/api/models.hpp"
#include "hub/api/tables.hpp"
#include "hub/core/identity.hpp"
#include "hub/dispatch/request_context.hpp"
#include "hub/dispatch/responses.hpp"
#include "rbac/expand.hpp"
#include "store/roles.hpp"

namespace jhub::hub::api {
namespace {

using http::Method;
using http::Status;
using rbac::Scope;

// GET /: open to everybody, also to other sites.
Async<http::Response> root(RequestContext&)
{
    auto response = json_response({{"version", jupyterhub_version}});
    response.headers.set("Access-Control-Allow-Origin", "*");
    co_return response;
}

Async<http::Response> health(RequestContext&) { co_return empty_response(Status::ok, "text/html"); }

// GET /info: "python" and "sys_executable" have no meaning here; the keys stay, for clients that read them.
Async<http::Response> info(RequestContext& context)
{
    auto const& settings = context.hub.settings.hub;
    auto const& python = context.hub.settings.python;
    std::string const spawner = python.spawner ? python.spawner->name : "jupyterhub.spawner." + settings.spawner_class;
    std::string const authenticator =
        python.authenticator ? python.authenticator->name : "jupyterhub.auth." + settings.authenticator_class;
    co_return json_response({{"version", jupyterhub_version},
                             {"python", ""},
                             {"sys_executable", ""},
                             {"spawner", {{"class", spawner}, {"version", jupyterhub_version}}},
                             {"authenticator", {{"class", authenticator}, {"version", jupyterhub_version}}}});
}

// GET /user: the model of whoever asks; always shows at least name and groups.
Async<http::Response> self(RequestContext& context)
{
    struct View {
        RequestContext const* context;
        ServersNow live;
        Json operator()(store::Transaction& transaction) const
        {
            auto const& principal = context->principal;
            StoredMemberships const memberships(transaction);
            rbac::ScopeSet scopes = principal.scopes;
            scopes.add(rbac::identify_scopes(principal.grants.owner));
            Viewer const viewer{scopes, memberships, context->hub.urls};
            if (principal.user) {
                auto const overview = store::load_user_overview(transaction, principal.user->id);
                return overview ? user_model(*overview, live, viewer) : Json::object();
            }
            std::vector<std::string> roles;
            for (auto const& role : store::roles_of(transaction, model::HolderKind::service, principal.service->id))
                roles.push_back(role.name);
            return service_model(*principal.service, roles, viewer);
        }
    };
    auto const& principal = context.principal;
    View const view{&context, principal.user ? servers_now(context.hub.servers, principal.user->id) : ServersNow{}};
    CO_TRY(Json model, co_await context.hub.store.read(view));
    model["token_id"] = principal.token ? Json("a" + std::to_string(principal.token->id)) : Json();
    bool const has_session = principal.token && !principal.session_id.empty();
    model["session_id"] = has_session ? Json(principal.session_id) : Json();
    model["scopes"] = rbac::to_strings(principal.scopes, context.hub.scopes);
    co_return json_response(model);
}

// POST /shutdown: the flags override cleanup_proxy and cleanup_servers for this once.
Async<http::Response> shutdown(RequestContext& context)
{
    CO_TRY(Json const body, context.json_object());
    auto const flag = [&](char const* name, bool& into) -> Result<> {
        if (body.is_null() || !body.contains(name))
            return {};
        Json const& value = body[name];
        if (!value.is_boolean() && value != 0 && value != 1)
            return fail(Errc::invalid_argument, std::string(name) + " must be true or false.");
        into = value.is_boolean() ? value.get<bool>() : value == 1;
        return {};
    };
    bool proxy = context.hub.cleanup_proxy, servers = context.hub.cleanup_servers;
    CO_CHECK(flag("proxy", proxy));
    CO_CHECK(flag("servers", servers));
    context.hub.cleanup_proxy = proxy;
    context.hub.cleanup_servers = servers;
    context.hub.shutdown_requested.set();
    co_return json_response({{"message", "Shutting down Hub"}}, Status::accepted);
}

} // namespace

std::span<Route const> open_routes()
{
    static constexpr std::array routes{
        Route{Method::get, "/api", rbac::anyone(), root},
        Route{Method::get, "/api/", rbac::anyone(), root},
        Route{Method::get, "/api/health", rbac::anyone(), health},
        Route{Method::head, "/api/health", rbac::anyone(), health},
    };
    return routes;
}

std::span<Route const> hub_routes()
{
    static constexpr std::array routes{
        Route{Method::get, "/api/user", rbac::signed_in(), self, Audit::changes, Reuse::while_nothing_changed},
        Route{Method::get, "/api/info", rbac::needs(Scope::read_hub), info},
        Route{Method::post, "/api/shutdown", rbac::needs(Scope::shutdown), shutdown},
    };
    return routes;
}

} // namespace jhub::hub::api

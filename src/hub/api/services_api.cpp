// Services: list, look at, add, remove (reference rest-api.md §3.7). Those of the configuration stay as they are.
#include <fmt/format.h>

#include "auth/token_hash.hpp"
#include "auth/username.hpp"
#include "base/log.hpp"
#include "base/strings.hpp"
#include "base/url.hpp"
#include "hub/api/body_keys.hpp"
#include "hub/api/models.hpp"
#include "hub/api/tables.hpp"
#include "hub/core/identity.hpp"
#include "hub/core/services.hpp"
#include "hub/dispatch/request_context.hpp"
#include "hub/dispatch/responses.hpp"
#include "rbac/expand.hpp"
#include "rbac/raw_scope.hpp"
#include "store/oauth.hpp"
#include "store/roles.hpp"
#include "store/services.hpp"
#include "store/tokens.hpp"

namespace jhub::hub::api {
namespace {

using http::Method;
using http::Status;
using rbac::Scope;

constexpr std::array body_keys{text_key("name"),
                               flag_key("admin"),
                               text_key("url"),
                               list_key("oauth_client_allowed_scopes"),
                               text_key("api_token"),
                               object_key("info"),
                               flag_key("display"),
                               flag_key("oauth_no_confirm"),
                               list_key("command"),
                               text_key("cwd"),
                               object_key("environment"),
                               text_key("user"),
                               text_key("oauth_client_id"),
                               text_key("oauth_redirect_uri")};

// What was not given is shown with its default; null stands only in the model of a token's owner.
model::ServiceRow with_defaults(model::ServiceRow row)
{
    row.url = row.url.value_or("");
    row.info = row.info.value_or(Json::object());
    row.display = row.display.value_or(true);
    return row;
}

Json model_of(RequestContext const& context, store::Transaction& transaction, model::ServiceRow const& row)
{
    StoredMemberships const memberships(transaction);
    std::vector<std::string> roles;
    for (auto const& role : store::roles_of(transaction, model::HolderKind::service, row.id))
        roles.push_back(role.name);
    return service_model(with_defaults(row), roles, {context.principal.scopes, memberships, context.hub.urls});
}

// The stored row knows no process; read on the logic thread, after the store has answered.
void add_pid(Hub const& hub, Json& model)
{
    if (!model.contains("pid"))
        return;
    auto const running = hub.service_processes.find(model["name"].get<std::string>());
    if (running != hub.service_processes.end())
        model["pid"] = running->second;
}

// GET /services: an object, by name.
Async<http::Response> list_services(RequestContext& context)
{
    auto const list = [&context](store::Transaction& transaction) {
        auto const& scopes = context.principal.scopes;
        Json services = Json::object();
        for (auto const& row : store::list_services(transaction))
            if (rbac::has_scope(scopes, Scope::list_services, rbac::Target::service(row.name), rbac::no_memberships()))
                services[row.name] = model_of(context, transaction, row);
        return services;
    };
    CO_TRY(Json services, co_await context.hub.store.read(list));
    for (auto& model : services)
        add_pid(context.hub, model);
    co_return json_response(services);
}

// GET /services/{service}
Async<http::Response> get_service(RequestContext& context)
{
    auto const look = [&context](store::Transaction& transaction) -> Result<Json> {
        auto const row = store::find_service(transaction, context.path_value("service"));
        if (!row)
            return fail(Errc::not_found, "");
        return model_of(context, transaction, *row);
    };
    CO_TRY(Json model, co_await context.hub.store.read(look));
    add_pid(context.hub, model);
    co_return json_response(model);
}

Result<> check_spec(config::ServiceSpec const& spec)
{
    CHECK(auth::check_name(spec.name, "the name of a service"));
    if (!spec.command.empty())
        return fail(Errc::invalid_argument, "A service with a command cannot be added while the hub runs: define it in "
                                            "c.JupyterHub.services.");
    if (!spec.url.empty())
        if (auto const url = parse_url(spec.url); !url || (url->scheme != "http" && url->scheme != "https"))
            return fail(Errc::invalid_argument, "url must begin with http:// or https://.");
    if (!spec.oauth_client_id.empty() && !spec.oauth_client_id.starts_with("service-"))
        return fail(Errc::invalid_argument, "oauth_client_id must begin with service-.");
    if (!spec.api_token.empty())
        return auth::check_configured_token(spec.api_token);
    return {};
}

// The types were checked before.
Result<config::ServiceSpec> spec_of(RequestContext const& context, Json const& body)
{
    config::ServiceSpec spec;
    spec.name = context.path_value("service");
    spec.admin = body.value("admin", false);
    spec.url = body.value("url", "");
    spec.api_token = body.value("api_token", "");
    spec.info = body.value("info", Json::object());
    spec.display = body.value("display", true);
    spec.oauth_no_confirm = body.value("oauth_no_confirm", false);
    spec.cwd = body.value("cwd", "");
    spec.user = body.value("user", "");
    spec.oauth_client_id = body.value("oauth_client_id", "");
    spec.oauth_redirect_uri = body.value("oauth_redirect_uri", "");
    TRY(spec.oauth_client_allowed_scopes, text_list(body, "oauth_client_allowed_scopes"));
    TRY(spec.command, text_list(body, "command"));
    for (auto const& [name, value] : body.value("environment", Json::object()).items()) {
        if (!value.is_string())
            return fail(Errc::invalid_argument, "environment must be an object of texts.");
        spec.environment.emplace_back(name, value.get<std::string>());
    }
    CHECK(check_spec(spec));
    return spec;
}

struct AddService {
    RequestContext const* context;
    config::ServiceSpec spec;
    Result<Json> operator()(store::Transaction& transaction) const
    {
        if (store::find_service(transaction, spec.name))
            return fail(Errc::conflict, fmt::format("Service {} exists already.", printable(spec.name)));
        if (store::find_oauth_client(transaction, service_client_id(spec)))
            return fail(Errc::invalid_argument,
                        fmt::format("The OAuth client {} exists already.", printable(service_client_id(spec))));
        CHECK(check_token_is_free(transaction));
        auto const admin = store::find_role(transaction, "admin");
        if (spec.admin && !admin)
            return fail(Errc::failed, "This hub has no role named admin.");
        CHECK(must_hold(transaction, spec.oauth_client_allowed_scopes));
        if (spec.admin)
            CHECK(must_hold(transaction, admin->scopes));

        TRY(auto const id, save_service(transaction, spec, ServiceOrigin::api, context->hub.urls));
        if (spec.admin)
            store::grant_role(transaction, model::HolderKind::service, id, admin->id);
        if (!spec.api_token.empty()) {
            model::ApiToken owner;
            owner.service_id = id;
            owner.note = "from api";
            CHECK(ensure_chosen_token(transaction, spec.api_token, owner, auth::configured_rounds, context->hub.now()));
        }
        return model_of(*context, transaction, *store::find_service_by_id(transaction, id));
    }

    // Nobody hands out through a service what they do not have.
    Result<> must_hold(store::Transaction& transaction, std::vector<std::string> const& raw) const
    {
        CHECK(rbac::check_scopes_exist(raw, context->hub.scopes));
        StoredMemberships const memberships(transaction);
        rbac::Client const client{rbac::ClientKind::service, {}, {}, spec.name};
        auto const wanted = rbac::expand(raw, {rbac::OwnerKind::service, spec.name}, client, context->hub.scopes);
        if (rbac::intersect(wanted.scopes, context->principal.scopes, memberships) != wanted.scopes)
            return fail(Errc::invalid_argument, "You cannot give a service scopes that you do not have yourself.");
        return {};
    }

    // Two owners of one token could not be told apart.
    Result<> check_token_is_free(store::Transaction& transaction) const
    {
        auto const prefix = auth::token_prefix(spec.api_token);
        for (auto const& row : store::find_tokens_by_prefix(transaction, prefix, context->hub.now()))
            if (auth::verify_token(row.hashed, spec.api_token))
                return fail(Errc::invalid_argument, "This api_token cannot be used; choose another one.");
        return {};
    }
};

// POST /services/{service}: kept in the database; its route comes with the next check of the proxy's routes.
Async<http::Response> add_service(RequestContext& context)
{
    CO_TRY(Json const body, context.json_object());
    if (body.is_null() || body.empty())
        co_return fail(Errc::invalid_argument, "The body must be an object that describes the service.");
    CO_CHECK(check_keys(body, body_keys));
    CO_TRY(auto spec, spec_of(context, body));
    AddService const add{&context, std::move(spec)};
    CO_TRY(Json const model, co_await context.hub.store.write(add));
    co_return json_response(model, Status::created);
}

// After the row: a check of the routes in between would bring it back.
Task<> remove_route(Hub& hub, std::string service)
{
    std::string const route = hub.urls.service_route(service);
    if (auto const gone = co_await hub.proxy.delete_route(route); !gone)
        log::error("The route {} of a deleted service stays until the routes are checked: {}", route,
                   gone.error().message);
}

// DELETE /services/{service}
Async<http::Response> remove_service(RequestContext& context)
{
    auto const remove =
        [name = context.path_value("service")](store::Transaction& transaction) -> Result<model::ServiceRow> {
        auto const row = store::find_service(transaction, name);
        if (!row)
            return fail(Errc::not_found, "");
        if (!row->from_config)
            store::delete_service(transaction, row->id);
        return *row;
    };
    CO_TRY(auto const removed, co_await context.hub.store.write(remove));
    if (removed.from_config)
        co_return json_error(Status::method_not_allowed,
                             "This service is defined in the hub's configuration and can only be removed there.");
    if (removed.url && !removed.url->empty())
        co_await remove_route(context.hub, removed.name);
    co_return empty_response(Status::ok, "application/json");
}

} // namespace

std::span<Route const> service_routes()
{
    static constexpr std::array routes{
        Route{Method::get, "/api/services", rbac::needs(Scope::list_services).listing(), list_services},
        Route{Method::get, "/api/services/{service}",
              rbac::needs(Scope::read_services, Scope::read_services_name, Scope::read_roles_services), get_service},
        Route{Method::post, "/api/services/{service}", rbac::needs(Scope::admin_services), add_service},
        Route{Method::delete_, "/api/services/{service}", rbac::needs(Scope::admin_services), remove_service},
    };
    return routes;
}

} // namespace jhub::hub::api

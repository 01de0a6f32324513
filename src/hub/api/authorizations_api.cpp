// Whose token or cookie is this? Asked by old services; new ones use OAuth and GET /user (reference rest-api.md §3.9).
#include "auth/signed_value.hpp"
#include "auth/token_hash.hpp"
#include "base/strings.hpp"
#include "hub/api/models.hpp"
#include "hub/api/tables.hpp"
#include "hub/core/identity.hpp"
#include "hub/dispatch/request_context.hpp"
#include "hub/dispatch/responses.hpp"
#include "rbac/expand.hpp"
#include "store/roles.hpp"
#include "store/services.hpp"
#include "store/tokens.hpp"
#include "store/users.hpp"

namespace jhub::hub::api {
namespace {

using http::Method;
using http::Status;

// What the asker may see of the owner, and always the owner's name.
struct DescribeOwner {
    RequestContext const* context;
    ServersNow live;

    Result<Json> user(store::Transaction& transaction, std::int64_t id) const
    {
        auto const overview = store::load_user_overview(transaction, id);
        if (!overview)
            return fail(Errc::not_found, "");
        return describe(transaction, {rbac::OwnerKind::user, overview->user.name},
                        [&](Viewer const& viewer) { return user_model(*overview, live, viewer); });
    }

    Result<Json> service(store::Transaction& transaction, std::int64_t id) const
    {
        auto const row = store::find_service_by_id(transaction, id);
        if (!row)
            return fail(Errc::not_found, "");
        std::vector<std::string> roles;
        for (auto const& role : store::roles_of(transaction, model::HolderKind::service, id))
            roles.push_back(role.name);
        return describe(transaction, {rbac::OwnerKind::service, row->name},
                        [&](Viewer const& viewer) { return service_model(*row, roles, viewer); });
    }

  private:
    template <typename Model>
    Json describe(store::Transaction& transaction, rbac::Owner const& owner, Model const& model) const
    {
        StoredMemberships const memberships(transaction);
        rbac::ScopeSet scopes = context->principal.scopes;
        scopes.add(rbac::identify_scopes(owner));
        return model(Viewer{scopes, memberships, context->hub.urls});
    }
};

// GET /authorizations/token/{token}
Async<http::Response> owner_of_token(RequestContext& context)
{
    struct Look : DescribeOwner {
        Result<Json> operator()(store::Transaction& transaction) const
        {
            auto const& token = context->path_value("token");
            if (token.size() > auth::maximum_token_length)
                return fail(Errc::not_found, "");
            for (auto const& row :
                 store::find_tokens_by_prefix(transaction, auth::token_prefix(token), context->hub.now())) {
                if (!row.client_id || !auth::verify_token(row.hashed, token))
                    continue;
                return row.user_id ? user(transaction, *row.user_id) : service(transaction, row.service_id.value_or(0));
            }
            return fail(Errc::not_found, "");
        }
    };
    if (!context.principal.by_token())
        co_return fail(Errc::forbidden, "Only requests with an API token may ask this.");
    Look const look{{&context, servers_now(context.hub.servers)}};
    CO_TRY(Json const model, co_await context.hub.store.read(look));
    co_return json_response(model);
}

// POST /authorizations/token: tokens are made with POST /users/{user}/tokens.
Async<http::Response> no_such_thing(RequestContext&) { co_return fail(Errc::not_found, ""); }

// GET /authorizations/cookie/{name}/{value?}: the value may stand in the body instead.
Async<http::Response> owner_of_cookie(RequestContext& context)
{
    struct Look : DescribeOwner {
        std::string cookie_id;
        Result<Json> operator()(store::Transaction& transaction) const
        {
            auto const found = store::find_user_by_cookie_id(transaction, cookie_id);
            if (!found)
                return fail(Errc::not_found, "");
            return user(transaction, found->id);
        }
    };
    if (!context.principal.by_token())
        co_return fail(Errc::forbidden, "Only requests with an API token may ask this.");
    auto const& hub = context.hub;
    auto const& name = context.path_value("name");
    auto const& in_path = context.path_value("value");
    std::string const value(in_path.empty() ? trim(context.request.body) : std::string_view(in_path));
    auto const cookie_id =
        name == context.login_cookie_name()
            ? auth::decode_signed_value(hub.cookie_secret, name, value, hub.settings.hub.cookie_max_age, hub.now())
            : std::nullopt;
    if (!cookie_id)
        co_return fail(Errc::not_found, "");
    Look const look{{&context, servers_now(hub.servers)}, *cookie_id};
    CO_TRY(Json const model, co_await context.hub.store.read(look));
    co_return json_response(model);
}

} // namespace

std::span<Route const> authorization_routes()
{
    static constexpr std::array routes{
        Route{Method::get, "/api/authorizations/token/{token}", rbac::signed_in(), owner_of_token},
        Route{Method::post, "/api/authorizations/token", rbac::anyone(), no_such_thing},
        Route{Method::post, "/api/authorizations/token/{token}", rbac::anyone(), no_such_thing},
        Route{Method::get, "/api/authorizations/cookie/{name}", rbac::signed_in(), owner_of_cookie},
        Route{Method::get, "/api/authorizations/cookie/{name}/{value?}", rbac::signed_in(), owner_of_cookie},
    };
    return routes;
}

} // namespace jhub::hub::api

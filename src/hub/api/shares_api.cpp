// Shares: who has been given access to which server, by its owner's and by the receiver's side (reference rest-api.md
// §3.8).
#include <algorithm>

#include <fmt/format.h>

#include "base/strings.hpp"
#include "hub/api/body_keys.hpp"
#include "hub/api/share_models.hpp"
#include "hub/api/share_queries.hpp"
#include "hub/api/tables.hpp"
#include "hub/core/identity.hpp"
#include "hub/dispatch/responses.hpp"
#include "store/groups.hpp"
#include "store/users.hpp"

namespace jhub::hub::api {
namespace {

using http::Method;
using http::Status;
using rbac::Scope;

constexpr std::array body_keys{text_key("user"), text_key("group"), list_key("scopes")};

struct ListShares {
    RequestContext const* context;
    ListedBy by;
    Paging paging;
    ServersNow live;
    Result<ShareList> operator()(store::Transaction& transaction) const
    {
        TRY(auto query, query_in_path(transaction, *context, by));
        ShareList page;
        page.total = store::count_shares(transaction, query);
        query.offset = paging.offset;
        query.limit = paging.limit;
        page.items = items_of(
            store::list_shares(transaction, query), context->hub.now(),
            [](store::ShareOverview const& share) { return share.share.expires_at; },
            [&](store::ShareOverview const& share) { return share_model(share, live, context->hub.urls); });
        return page;
    }
};

Async<http::Response> list_shares(RequestContext& context, ListedBy by)
{
    CO_TRY(Paging paging, paging_of(context));
    paging.enveloped = true; // lists of shares always come in their envelope
    ListShares const list{&context, by, paging, servers_now(context.hub.servers)};
    CO_TRY(ShareList page, co_await context.hub.store.read(list));
    co_return page_response(context, paging, std::move(page.items), page.total);
}

// GET /shares/{user}, /shares/{user}/{server}, /users/{user}/shared, /groups/{group}/shared
Async<http::Response> shares_of_owner(RequestContext& context) { return list_shares(context, ListedBy::owner); }
Async<http::Response> shares_of_server(RequestContext& context) { return list_shares(context, ListedBy::server); }
Async<http::Response> shares_with_user(RequestContext& context) { return list_shares(context, ListedBy::user); }
Async<http::Response> shares_with_group(RequestContext& context) { return list_shares(context, ListedBy::group); }

// What a body says about a share to be made or taken back.
struct ShareOrder {
    ReceiverName receiver;
    std::vector<std::string> scopes;
};

Result<ShareOrder> share_order(RequestContext const& context)
{
    TRY(Json body, context.json_object());
    if (body.is_null())
        body = Json::object();
    CHECK(check_keys(body, body_keys));
    ShareOrder order{{body.value("user", ""), body.value("group", "")}, {}};
    if (order.receiver.user.empty() == order.receiver.group.empty())
        return fail(Errc::invalid_argument, "The body must name a user or a group, exactly one of them.");
    TRY(order.scopes, text_list(body, "scopes"));
    return order;
}

struct ChangeShare {
    RequestContext const* context;
    ShareOrder order;
    ServersNow live;

    Json model_of(store::Transaction& transaction, SharedServer const& server,
                  store::ShareReceiver const& receiver) const
    {
        store::ShareQuery query;
        query.spawner_id = server.spawner.id;
        query.user_id = receiver.user_id;
        query.group_id = receiver.group_id;
        auto const share = store::find_share(transaction, query);
        return share ? share_model(*share, live, context->hub.urls) : Json::object();
    }
};

struct Grant : ChangeShare {
    Result<Json> operator()(store::Transaction& transaction) const
    {
        auto const& held = context->principal.scopes;
        StoredMemberships const memberships(transaction);
        TRY(auto const server, server_in_path(transaction, *context));
        TRY(auto const scopes, scopes_to_share(order.scopes, server, context->hub.scopes));
        CHECK(check_may_share(scopes, held, {context->hub.scopes, memberships}));
        TRY(auto const receiver, find_receiver(transaction, order.receiver, held, memberships));
        store::grant_share(transaction, server.owner.id, server.spawner.id, receiver, scopes, context->hub.now());
        return model_of(transaction, server, receiver);
    }
};

struct Revoke : ChangeShare {
    Result<Json> operator()(store::Transaction& transaction) const
    {
        TRY(auto const server, server_in_path(transaction, *context));
        store::ShareReceiver receiver;
        if (auto const user = store::find_user(transaction, order.receiver.user))
            receiver.user_id = user->id;
        else if (auto const group = store::find_group(transaction, order.receiver.group))
            receiver.group_id = group->id;
        else
            return Json::object();
        if (!store::revoke_share(transaction, server.spawner.id, receiver, order.scopes))
            return Json::object();
        return model_of(transaction, server, receiver);
    }
};

// POST /shares/{user}/{server} grants: once more adds the scopes to what is shared already.
// PATCH revokes: takes scopes back, all of them when none are given. What is left, or {}.
template <typename Change> Async<http::Response> change_share(RequestContext& context)
{
    CO_TRY(auto order, share_order(context));
    Change const change{{&context, std::move(order), servers_now(context.hub.servers)}};
    CO_TRY(Json const model, co_await context.hub.store.write(change));
    co_return json_response(model);
}

// DELETE /shares/{user}/{server}: all shares of the server.
Async<http::Response> revoke_all(RequestContext& context)
{
    auto const remove = [&context](store::Transaction& transaction) -> Result<std::int64_t> {
        TRY(auto const server, server_in_path(transaction, context));
        return store::delete_shares_of_spawner(transaction, server.spawner.id);
    };
    CO_CHECK(co_await context.hub.store.write(remove));
    co_return empty_response(Status::no_content);
}

// The share of one server with the user or group of the path, granted directly.
Result<store::ShareOverview> received_share(store::Transaction& transaction, RequestContext const& context, ListedBy by)
{
    TRY(auto query, query_in_path(transaction, context, by));
    query.through_groups = false;
    query.valid_at = context.hub.now();
    TRY(auto const server, find_shared_server(transaction, context.path_value("owner"), context.path_value("name")));
    query.spawner_id = server.spawner.id;
    auto const share = store::find_share(transaction, query);
    if (!share)
        return fail(Errc::not_found, "This server is not shared with them.");
    return *share;
}

Async<http::Response> look_at(RequestContext& context, ListedBy by)
{
    auto const look = [&context, by,
                       live = servers_now(context.hub.servers)](store::Transaction& transaction) -> Result<Json> {
        TRY(auto const share, received_share(transaction, context, by));
        return share_model(share, live, context.hub.urls);
    };
    CO_TRY(Json const model, co_await context.hub.store.read(look));
    co_return json_response(model);
}

Async<http::Response> leave(RequestContext& context, ListedBy by)
{
    auto const remove = [&context, by](store::Transaction& transaction) -> Result<bool> {
        TRY(auto const share, received_share(transaction, context, by));
        return store::delete_share(transaction, share.share.id);
    };
    CO_CHECK(co_await context.hub.store.write(remove));
    co_return empty_response(Status::no_content);
}

// GET and DELETE /users/{user}/shared/{owner}/{name}, /groups/{group}/shared/{owner}/{name}
Async<http::Response> get_with_user(RequestContext& context) { return look_at(context, ListedBy::user); }
Async<http::Response> get_with_group(RequestContext& context) { return look_at(context, ListedBy::group); }
Async<http::Response> user_leaves(RequestContext& context) { return leave(context, ListedBy::user); }
Async<http::Response> group_leaves(RequestContext& context) { return leave(context, ListedBy::group); }

} // namespace

std::span<Route const> share_routes()
{
    static constexpr std::array routes{
        Route{Method::get, "/api/shares/{user}", rbac::needs(Scope::read_shares), shares_of_owner},
        Route{Method::get, "/api/shares/{user}/{server?}", rbac::needs(Scope::read_shares), shares_of_server},
        Route{Method::post, "/api/shares/{user}/{server?}", rbac::needs(Scope::shares), change_share<Grant>},
        Route{Method::patch, "/api/shares/{user}/{server?}", rbac::needs(Scope::shares), change_share<Revoke>},
        Route{Method::delete_, "/api/shares/{user}/{server?}", rbac::needs(Scope::shares), revoke_all},
        Route{Method::get, "/api/users/{user}/shared", rbac::needs(Scope::read_users_shares), shares_with_user},
        Route{Method::get, "/api/groups/{group}/shared", rbac::needs(Scope::read_groups_shares), shares_with_group},
        Route{Method::get, "/api/users/{user}/shared/{owner}/{name?}", rbac::needs(Scope::read_users_shares),
              get_with_user},
        Route{Method::delete_, "/api/users/{user}/shared/{owner}/{name?}", rbac::needs(Scope::users_shares),
              user_leaves},
        Route{Method::get, "/api/groups/{group}/shared/{owner}/{name?}", rbac::needs(Scope::read_groups_shares),
              get_with_group},
        Route{Method::delete_, "/api/groups/{group}/shared/{owner}/{name?}", rbac::needs(Scope::groups_shares),
              group_leaves},
    };
    return routes;
}

} // namespace jhub::hub::api

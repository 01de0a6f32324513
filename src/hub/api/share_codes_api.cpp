// Share codes: whoever has one may take access to a server (reference rest-api.md §3.8). They are kept as hashes; only
// the answer to their creation carries the code.
#include <fmt/format.h>

#include "auth/token_hash.hpp"
#include "base/strings.hpp"
#include "hub/api/body_keys.hpp"
#include "hub/api/share_models.hpp"
#include "hub/api/share_queries.hpp"
#include "hub/api/tables.hpp"
#include "hub/core/identity.hpp"
#include "hub/dispatch/responses.hpp"

namespace jhub::hub::api {
namespace {

using http::Method;
using http::Status;
using rbac::Scope;

constexpr std::array body_keys{
    list_key("scopes"),
    BodyKey{"expires_in", [](Json const& value) { return value.is_number_integer() || value.is_null(); },
            "a whole number of seconds"},
};

struct ListCodes {
    RequestContext const* context;
    Paging paging;
    ServersNow live;
    Result<ShareList> operator()(store::Transaction& transaction) const
    {
        bool const of_server = context->path.contains("server");
        TRY(auto query, query_in_path(transaction, *context, of_server ? ListedBy::server : ListedBy::owner));
        ShareList page;
        page.total = store::count_share_codes(transaction, query);
        query.offset = paging.offset;
        query.limit = paging.limit;
        page.items = items_of(
            store::list_share_codes(transaction, query), context->hub.now(),
            [](store::ShareCodeOverview const& code) { return code.code.expires_at; },
            [&](store::ShareCodeOverview const& code) { return share_code_model(code, live, context->hub.urls); });
        return page;
    }
};

// GET /share-codes/{user} and /share-codes/{user}/{server}
Async<http::Response> list_codes(RequestContext& context)
{
    CO_TRY(Paging paging, paging_of(context));
    paging.enveloped = true; // lists of codes always come in their envelope
    ListCodes const list{&context, paging, servers_now(context.hub.servers)};
    CO_TRY(ShareList page, co_await context.hub.store.read(list));
    co_return page_response(context, paging, std::move(page.items), page.total);
}

Result<std::chrono::seconds> lifetime(Json const& body)
{
    if (!body.contains("expires_in") || body["expires_in"].is_null())
        return usual_code_life;
    std::chrono::seconds const asked(body["expires_in"].get<std::int64_t>());
    if (asked < shortest_code_life || asked > longest_code_life)
        return fail(Errc::invalid_argument, fmt::format("expires_in must lie between {} and {} seconds.",
                                                        shortest_code_life.count(), longest_code_life.count()));
    return asked;
}

struct MakeCode {
    RequestContext const* context;
    std::vector<std::string> asked;
    std::chrono::seconds life;
    std::string code, hashed;
    ServersNow live;
    Result<Json> operator()(store::Transaction& transaction) const
    {
        StoredMemberships const memberships(transaction);
        TRY(auto const server, server_in_path(transaction, *context));
        TRY(auto const scopes, scopes_to_share(asked, server, context->hub.scopes));
        CHECK(check_may_share(scopes, context->principal.scopes, {context->hub.scopes, memberships}));
        store::ShareQuery all;
        all.spawner_id = server.spawner.id;
        if (store::count_share_codes(transaction, all) >= most_codes)
            return fail(Errc::too_many,
                        fmt::format("This server has {} codes already. Delete some first.", most_codes));

        store::ShareCodeOverview made{{}, server.owner.name, server.spawner};
        made.code.created_at = context->hub.now();
        made.code.expires_at = made.code.created_at + life;
        made.code.scopes = scopes;
        made.code.hashed = hashed;
        made.code.prefix = auth::token_prefix(code);
        made.code.owner_id = server.owner.id;
        made.code.spawner_id = server.spawner.id;
        made.code.id = store::insert_share_code(transaction, made.code);
        Json model = share_code_model(made, live, context->hub.urls);
        model.update(accept_urls(code, context->hub.urls));
        return model;
    }
};

// POST /share-codes/{user}/{server}
Async<http::Response> make_code(RequestContext& context)
{
    CO_TRY(Json body, context.json_object());
    if (body.is_null())
        body = Json::object();
    CO_CHECK(check_keys(body, body_keys));
    CO_TRY(auto asked, text_list(body, "scopes"));
    CO_TRY(auto const life, lifetime(body));
    std::string code = auth::new_share_code();
    std::string hashed = auth::hash_token(code, auth::generated_rounds);
    MakeCode const make{&context,        std::move(asked),  life,
                        std::move(code), std::move(hashed), servers_now(context.hub.servers)};
    CO_TRY(Json const model, co_await context.hub.store.write(make));
    co_return json_response(model);
}

struct DeleteCodes {
    RequestContext const* context;
    Result<bool> operator()(store::Transaction& transaction) const
    {
        TRY(auto const server, server_in_path(transaction, *context));
        auto const code = context->argument("code"), id = context->argument("id");
        if (!code && !id)
            return store::delete_share_codes_of_spawner(transaction, server.spawner.id) >= 0;
        std::optional<model::ShareCode> found;
        if (code)
            found = find_valid_code(transaction, *code, context->hub.now());
        else if (auto const number = id->starts_with("sc_") ? parse_number<std::int64_t>(id->substr(3)) : std::nullopt)
            found = store::find_share_code(transaction, *number);
        if (!found || found->spawner_id != server.spawner.id)
            return fail(Errc::not_found, "There is no such code for this server.");
        return store::delete_share_code(transaction, found->id);
    }
};

// DELETE /share-codes/{user}/{server}: one, by ?code= or ?id=, or all.
Async<http::Response> delete_codes(RequestContext& context)
{
    DeleteCodes const remove{&context};
    CO_CHECK(co_await context.hub.store.write(remove));
    co_return empty_response(Status::no_content);
}

} // namespace

std::span<Route const> share_code_routes()
{
    static constexpr std::array routes{
        Route{Method::get, "/api/share-codes/{user}", rbac::needs(Scope::read_shares), list_codes},
        Route{Method::get, "/api/share-codes/{user}/{server?}", rbac::needs(Scope::read_shares), list_codes},
        Route{Method::post, "/api/share-codes/{user}/{server?}", rbac::needs(Scope::shares), make_code},
        Route{Method::delete_, "/api/share-codes/{user}/{server?}", rbac::needs(Scope::shares), delete_codes},
    };
    return routes;
}

} // namespace jhub::hub::api

// API tokens of users: list, request, look at, revoke (reference rest-api.md §3.4).
#include <fmt/format.h>

#include "auth/pipeline.hpp"
#include "auth/token_hash.hpp"
#include "base/strings.hpp"
#include "hub/api/body_keys.hpp"
#include "hub/api/models.hpp"
#include "hub/api/tables.hpp"
#include "hub/core/identity.hpp"
#include "hub/core/login.hpp"
#include "hub/dispatch/python_questions.hpp"
#include "hub/dispatch/request_context.hpp"
#include "hub/dispatch/responses.hpp"
#include "store/roles.hpp"
#include "store/tokens.hpp"
#include "store/users.hpp"

namespace jhub::hub::api {
namespace {

using http::Method;
using http::Status;
using rbac::Scope;

constexpr std::size_t longest_note = 1023;
constexpr std::int64_t most_tokens = 1000; // live ones that one user asked for (threat model T2)

std::vector<std::string> resolved_scopes(store::Transaction& transaction, model::ApiToken const& token,
                                         rbac::Grants const& grants, rbac::ScopeRegistry const& registry)
{
    StoredMemberships const memberships(transaction);
    rbac::Client const client = client_of(transaction, token.client_id.value_or(std::string(model::hub_client)));
    return rbac::to_strings(rbac::resolve_token(grants, token.scopes, client, {registry, memberships}), registry);
}

struct ListTokens {
    Hub const* hub;
    std::string user_name;
    Result<Json> operator()(store::Transaction& transaction) const
    {
        auto const user = store::find_user(transaction, user_name);
        if (!user)
            return fail(Errc::not_found, "");
        auto const grants = grants_of(transaction, *user, hub->now());
        Json list = Json::array();
        for (auto const& listing : store::tokens_of_user(transaction, user->id)) {
            if (!listing.token.client_id || (listing.token.expires_at && *listing.token.expires_at < hub->now()))
                continue;
            list.push_back(token_model(listing, "user", user->name,
                                       resolved_scopes(transaction, listing.token, grants, hub->scopes)));
        }
        return Json{{"api_tokens", std::move(list)}};
    }
};

// GET /users/{user}/tokens
Async<http::Response> list_tokens(RequestContext& context)
{
    CO_CHECK(co_await context.hub.activity.flush()); // shows the uses of a moment ago, too
    ListTokens const list{&context.hub, context.path_value("user")};
    CO_TRY(Json const tokens, co_await context.hub.store.read(list));
    co_return json_response(tokens);
}

// What was asked for in the body of a request for a token, checked for form.
struct TokenOrder {
    std::string user_name, note;
    std::optional<std::chrono::seconds> expires_in;
    std::vector<std::string> scopes, roles;
};

Result<std::optional<std::chrono::seconds>> lifetime(Json const& body, std::chrono::seconds most)
{
    std::int64_t seconds = 0;
    if (body.contains("expires_in") && !body["expires_in"].is_null()) {
        if (!body["expires_in"].is_number_integer())
            return fail(Errc::invalid_argument, "expires_in must be a whole number of seconds, or null.");
        seconds = body["expires_in"].get<std::int64_t>();
        constexpr std::int64_t century = 100LL * 366 * 86400;
        if (seconds < 0 || seconds > century)
            return fail(Errc::invalid_argument, "expires_in must lie between 0 and a hundred years.");
    }
    if (most.count() > 0 && seconds == 0)
        return most;
    if (most.count() > 0 && seconds > most.count())
        return fail(Errc::invalid_argument,
                    fmt::format("expires_in may not be more than {} seconds on this hub.", most.count()));
    if (seconds == 0)
        return std::nullopt;
    return std::chrono::seconds(seconds);
}

Result<TokenOrder> token_order(RequestContext const& context, Json const& body)
{
    TokenOrder order;
    order.user_name = context.path_value("user");
    order.note = "Requested via api";
    if (context.principal.name() != order.user_name || !context.principal.user)
        order.note += fmt::format(" by {} {}", context.principal.user ? "user" : "service", context.principal.name());
    Json const fields = body.is_null() ? Json::object() : body;
    if (fields.contains("note") && !fields["note"].is_null()) {
        if (!fields["note"].is_string() || fields["note"].get_ref<std::string const&>().size() > longest_note)
            return fail(Errc::invalid_argument, fmt::format("note must be a text of at most {} bytes.", longest_note));
        if (auto const& note = fields["note"].get_ref<std::string const&>(); !note.empty())
            order.note = note;
    }
    TRY(order.scopes, text_list(fields, "scopes"));
    TRY(order.roles, text_list(fields, "roles"));
    if (!order.scopes.empty() && !order.roles.empty())
        return fail(Errc::invalid_argument, "Ask for scopes or for roles, not for both.");
    TRY(order.expires_in, lifetime(fields, context.hub.settings.hub.token_expires_in_max));
    return order;
}

struct MakeToken {
    Hub const* hub;
    TokenOrder order;
    std::string token, hashed;
    Result<Json> operator()(store::Transaction& transaction) const
    {
        auto const user = store::find_user(transaction, order.user_name);
        if (!user)
            return fail(Errc::forbidden, "");
        if (store::count_live_tokens(transaction, user->id, model::hub_client, hub->now()) >= most_tokens)
            return fail(Errc::too_many,
                        fmt::format("{} already has {} tokens. Revoke some first.", user->name, most_tokens));
        TRY(auto scopes, raw_scopes(transaction));
        auto const grants = grants_of(transaction, *user, hub->now());
        StoredMemberships const memberships(transaction);
        CHECK(rbac::check_token_scopes(scopes, grants, {}, {hub->scopes, memberships}));

        model::ApiToken row;
        row.user_id = user->id;
        row.hashed = hashed;
        row.prefix = auth::token_prefix(token);
        row.client_id = model::hub_client;
        row.created = hub->now();
        if (order.expires_in)
            row.expires_at = hub->now() + *order.expires_in;
        row.note = order.note;
        row.scopes = std::move(scopes);
        row.id = store::insert_token(transaction, row);
        Json model = token_model({row, ""}, "user", user->name, resolved_scopes(transaction, row, grants, hub->scopes));
        model["token"] = token;
        return model;
    }

    Result<std::vector<std::string>> raw_scopes(store::Transaction& transaction) const
    {
        if (!order.scopes.empty())
            return order.scopes;
        std::vector<std::string> scopes;
        for (auto const& name : order.roles) {
            auto const role = store::find_role(transaction, name);
            if (!role)
                return fail(Errc::invalid_argument, fmt::format("There is no role named {}.", printable(name)));
            scopes.insert(scopes.end(), role->scopes.begin(), role->scopes.end());
        }
        if (order.roles.empty()) {
            auto const role = store::find_role(transaction, "token");
            return role ? role->scopes : std::vector<std::string>{"inherit"};
        }
        return scopes;
    }
};

// Credentials in the body stand for a login: with them no cookie or token is needed.
Async<> log_in_with_body(RequestContext& context, Json body)
{
    auth::Credentials credentials;
    Json const& given = body["auth"];
    if (!given.is_object())
        co_return fail(Errc::invalid_argument, "auth must be an object with username and password.");
    for (auto const& [key, value] : given.items())
        if (value.is_string())
            credentials.all.emplace_back(key, value.get<std::string>());
    credentials.username = query_value(credentials.all, "username").value_or("");
    credentials.password = query_value(credentials.all, "password").value_or("");
    credentials.remote_address = context.client_address();
    CO_TRY(credentials.request, co_await describe_login_request(context));
    CO_TRY(auto const user, co_await log_in(context.hub, std::move(credentials)));
    if (user.name != context.path_value("user"))
        co_return fail(Errc::forbidden, "These are the credentials of somebody else.");
    context.principal.user = user;
    co_return Result<>{};
}

// Whatever the reason is 403 (reference rest-api.md §3.4), but for who must wait.
Result<http::Response> login_refused(Error const& error)
{
    if (error.code != Errc::too_many)
        return fail(Errc::forbidden, error.message);
    auto response = json_error(Status::too_many_requests, error.message);
    response.headers.set("Retry-After", error.detail);
    return response;
}

// Services need the scope for everything (reference rest-api.md §3.4).
Async<bool> may_make_tokens(RequestContext const& context)
{
    if (!context.principal.identified())
        co_return false;
    rbac::PathTarget target;
    if (!context.principal.service)
        target = {rbac::FilterKind::user, context.path_value("user")};
    co_return co_await holds_for(context.hub, context.principal.scopes, Scope::tokens, std::move(target));
}

// POST /users/{user}/tokens
Async<http::Response> make_token(RequestContext& context)
{
    CO_TRY(Json const body, context.json_object());
    bool const has_credentials = !body.is_null() && body.contains("auth");
    if (has_credentials && !context.principal.identified()) { // who is known already needs none
        if (auto const logged_in = co_await log_in_with_body(context, body); !logged_in)
            co_return login_refused(logged_in.error());
    } else {
        CO_TRY(bool const may, co_await may_make_tokens(context));
        if (!may)
            co_return fail(Errc::forbidden, "You are not allowed to make tokens for this user.");
    }
    CO_TRY(auto order, token_order(context, body));
    std::string token = auth::new_token();
    std::string hashed = auth::hash_token(token, auth::generated_rounds);
    MakeToken const make{&context.hub, std::move(order), std::move(token), std::move(hashed)};
    CO_TRY(Json const model, co_await context.hub.store.write(make));
    context.made_token = model.at("id").get<std::string>();
    co_return json_response(model, Status::created);
}

// "a12" in the path; nothing for anything else.
std::optional<std::int64_t> token_id(RequestContext const& context)
{
    std::string_view text = context.path_value("id");
    if (!text.starts_with('a'))
        return std::nullopt;
    return parse_number<std::int64_t>(text.substr(1));
}

struct FindToken {
    Hub const* hub;
    std::string user_name;
    std::int64_t id = 0;
    Result<store::TokenListing> find(store::Transaction& transaction, model::User& user) const
    {
        auto found = store::find_user(transaction, user_name);
        if (!found)
            return fail(Errc::not_found, "");
        user = *std::move(found);
        auto listing = store::token_of_user(transaction, user.id, id);
        if (!listing || (listing->token.expires_at && *listing->token.expires_at < hub->now()))
            return fail(Errc::not_found, "No such token.");
        return *std::move(listing);
    }
};

// GET /users/{user}/tokens/{id}
Async<http::Response> get_token(RequestContext& context)
{
    struct Look : FindToken {
        Result<Json> operator()(store::Transaction& transaction) const
        {
            model::User user;
            TRY(auto const listing, find(transaction, user));
            auto const grants = grants_of(transaction, user, hub->now());
            return token_model(listing, "user", user.name,
                               resolved_scopes(transaction, listing.token, grants, hub->scopes));
        }
    };
    CO_CHECK(co_await context.hub.activity.flush()); // shows the uses of a moment ago, too
    Look const look{{&context.hub, context.path_value("user"), token_id(context).value_or(0)}};
    CO_TRY(Json const model, co_await context.hub.store.read(look));
    co_return json_response(model);
}

// DELETE /users/{user}/tokens/{id}: a token from an OAuth login takes all of that user and client with it.
Async<http::Response> revoke_token(RequestContext& context)
{
    struct Revoke : FindToken {
        Result<bool> operator()(store::Transaction& transaction) const
        {
            model::User user;
            TRY(auto const listing, find(transaction, user));
            auto const client = listing.token.client_id.value_or(std::string(model::hub_client));
            if (client == model::hub_client)
                return store::delete_token(transaction, listing.token.id);
            return store::delete_tokens_of_client(transaction, user.id, client) > 0;
        }
    };
    Revoke const revoke{{&context.hub, context.path_value("user"), token_id(context).value_or(0)}};
    CO_CHECK(co_await context.hub.store.write(revoke));
    co_return empty_response(Status::no_content);
}

} // namespace

std::span<Route const> token_routes()
{
    static constexpr std::array routes{
        Route{Method::get, "/api/users/{user}/tokens", rbac::needs(Scope::read_tokens), list_tokens},
        Route{Method::post, "/api/users/{user}/tokens", rbac::decided_by_handler(), make_token},
        Route{Method::get, "/api/users/{user}/tokens/{id?}", rbac::needs(Scope::read_tokens), get_token},
        Route{Method::delete_, "/api/users/{user}/tokens/{id?}", rbac::needs(Scope::tokens), revoke_token},
    };
    return routes;
}

} // namespace jhub::hub::api

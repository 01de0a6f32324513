// Users: list, look at, create, change, delete (reference rest-api.md §3.3).
#include <fmt/format.h>

#include "auth/username.hpp"
#include "base/strings.hpp"
#include "hub/api/body_keys.hpp"
#include "hub/api/models.hpp"
#include "hub/api/paging.hpp"
#include "hub/api/tables.hpp"
#include "hub/api/user_query.hpp"
#include "hub/core/accounts.hpp"
#include "hub/core/auth_state.hpp"
#include "hub/core/departure.hpp"
#include "hub/core/identity.hpp"
#include "hub/core/removal.hpp"
#include "hub/dispatch/request_context.hpp"
#include "hub/dispatch/responses.hpp"
#include "store/users.hpp"

namespace jhub::hub::api {
namespace {

using http::Method;
using http::Status;
using rbac::Scope;

// The keys that a user in a request body may have.
constexpr std::array body_keys{text_key("name"), flag_key("admin"), list_key("groups"), list_key("roles"),
                               object_key("auth_state")};
constexpr std::array list_body_keys{list_key("usernames"), flag_key("admin"), text_key("name"),
                                    list_key("groups"),    list_key("roles"), object_key("auth_state")};

// The flag, not a scope: whoever may manage users does not become an administrator by that.
bool is_admin(Principal const& principal)
{
    return principal.user ? principal.user->admin : principal.service && principal.service->admin;
}

Result<> may_make_admin(RequestContext const& context, bool wants_admin)
{
    if (wants_admin && !is_admin(context.principal))
        return fail(Errc::forbidden, "Only administrators can make others administrators.");
    return {};
}

bool wants_stopped(RequestContext const& context)
{
    auto const value = context.argument("include_stopped_servers");
    return value && *value != "0" && to_lower(*value) != "false";
}

// One user as the requester may see it, auth_state included.
struct ViewOne {
    struct Seen {
        Json model;
        std::int64_t user_id = 0;
        AuthState outdated; // auth_state to be encrypted again
    };
    RequestContext const* context;
    std::string name;
    ServersNow live;
    Result<Seen> operator()(store::Transaction& transaction) const
    {
        auto const overview = store::load_user_overview(transaction, name);
        if (!overview)
            return fail(Errc::not_found, "");
        StoredMemberships const memberships(transaction);
        Seen seen;
        seen.model = user_model(*overview, live,
                                {context->principal.scopes, memberships, context->hub.urls, wants_stopped(*context)});
        seen.user_id = overview->user.id;
        if (seen.model.contains("auth_state")) {
            auto state = read_auth_state(context->hub.crypt_keeper, overview->user);
            seen.model["auth_state"] = state.value;
            if (state.outdated)
                seen.outdated = std::move(state);
        }
        return seen;
    }
};

// After a change of keys, what was read is written again with the new one.
Async<> renew_auth_state(Hub& hub, std::int64_t user_id, Json state)
{
    CO_TRY(auto const encrypted, encrypt_auth_state(hub.crypt_keeper, state, hub.now()));
    auto const write = [user_id, encrypted](store::Transaction& transaction) {
        return store::set_user_auth_state(transaction, user_id, encrypted);
    };
    CO_CHECK(co_await hub.store.write(write));
    co_return Result<>{};
}

// GET /users/{user}
Async<http::Response> get_user(RequestContext& context)
{
    auto const name = context.path_value("user");
    ViewOne const view{&context, name, servers_now(context.hub.servers, name)};
    CO_TRY(auto const seen, co_await context.hub.store.read(view));
    if (seen.outdated.outdated)
        CO_CHECK(co_await renew_auth_state(context.hub, seen.user_id, seen.outdated.value));
    co_return json_response(seen.model);
}

struct ListPage {
    Json items = Json::array();
    std::int64_t total = 0;
};

struct ListUsers {
    RequestContext const* context;
    store::UserQuery query;
    bool only_ready = false;
    ServersNow live;
    ListPage operator()(store::Transaction& transaction) const
    {
        StoredMemberships const memberships(transaction);
        Viewer const viewer{context->principal.scopes, memberships, context->hub.urls, wants_stopped(*context)};
        ListPage page;
        page.total = store::count_users(transaction, query);
        for (auto const& overview : store::list_user_overviews(transaction, query))
            if (!only_ready || has_ready_server(overview))
                if (Json model = user_model(overview, live, viewer); !model.empty())
                    page.items.push_back(std::move(model));
        return page;
    }
    bool has_ready_server(store::UserOverview const& overview) const
    {
        return std::ranges::any_of(overview.servers, [&](store::ServerOverview const& server) {
            auto const found = live.find({overview.user.id, server.spawner.name});
            return found != live.end() && found->second.state == ServerState::ready;
        });
    }
};

// GET /users
Async<http::Response> list_users(RequestContext& context)
{
    CO_TRY(store::UserQuery query, user_query(context));
    CO_TRY(Paging const paging, paging_of(context));
    query.offset = paging.offset;
    query.limit = paging.limit;
    ListUsers const list{&context, query, context.argument("state") == "ready", servers_now(context.hub.servers)};
    CO_TRY(ListPage page, co_await context.hub.store.read(list));
    co_return page_response(context, paging, std::move(page.items), page.total);
}

// What happens to a user before the row is made: rules of names, and the authenticator's own (a system account).
Async<> check_new_user(RequestContext& context, std::string name)
{
    CO_CHECK(auth::check_username(name, context.hub.login_rules.username_pattern));
    if (auto const added = co_await context.hub.authenticator->add_user(name); !added)
        co_return fail(Errc::invalid_argument,
                       fmt::format("User {} cannot be added: {}", printable(name), added.error().message),
                       added.error().detail);
    co_return Result<>{};
}

std::unexpected<Error> already_there(std::vector<std::string> const& names)
{
    return fail(Errc::conflict, names.size() == 1 ? fmt::format("User {} exists already.", printable(names[0]))
                                                  : fmt::format("These users exist already: {}", join(names, ", ")));
}

struct CreateUsers {
    RequestContext const* context;
    std::vector<std::string> names;
    bool admin = false;
    Result<Json> operator()(store::Transaction& transaction) const
    {
        StoredMemberships const memberships(transaction);
        Viewer const viewer{context->principal.scopes, memberships, context->hub.urls, false};
        Json created = Json::array();
        for (auto const& name : names) {
            if (store::find_user(transaction, name))
                continue; // another request was first, since this one looked
            auto const user = create_user(transaction, name, admin, context->hub.now());
            if (auto const overview = store::load_user_overview(transaction, user.id))
                created.push_back(user_model(*overview, {}, viewer));
        }
        if (created.empty())
            return already_there(names);
        return created;
    }
};

struct MissingUsers {
    std::vector<std::string> names;
    std::vector<std::string> operator()(store::Transaction& transaction) const
    {
        std::vector<std::string> missing;
        for (auto const& name : names)
            if (!store::find_user(transaction, name) && std::ranges::find(missing, name) == missing.end())
                missing.push_back(name);
        return missing;
    }
};

// The name as it is kept.
Async<std::string> spelled(Hub& hub, std::string name)
{
    if (hub.authenticator->spells_names())
        co_return co_await hub.authenticator->normalize(std::move(name));
    co_return auth::normalize_username(hub.login_rules, name);
}

// POST /users: several at once; those that exist are skipped.
Async<http::Response> create_several(RequestContext& context)
{
    CO_TRY(Json const body, context.json_object());
    if (body.is_null() || !body.contains("usernames") || !body["usernames"].is_array() || body["usernames"].empty())
        co_return fail(Errc::invalid_argument, "usernames must be a list of at least one name.");
    CO_CHECK(check_keys(body, list_body_keys));
    bool const admin = body.value("admin", false);
    CO_CHECK(may_make_admin(context, admin));
    MissingUsers wanted;
    for (Json const& entry : body["usernames"]) {
        if (!entry.is_string())
            co_return fail(Errc::invalid_argument, "usernames must be a list of texts.");
        CO_TRY(std::string name, co_await spelled(context.hub, entry.get<std::string>()));
        wanted.names.push_back(std::move(name));
        CO_CHECK(auth::check_username(wanted.names.back(), context.hub.login_rules.username_pattern));
    }
    CO_TRY(auto const missing, co_await context.hub.store.read(wanted));
    if (missing.empty())
        co_return already_there(wanted.names);
    for (auto const& name : missing)
        CO_CHECK(co_await check_new_user(context, name));
    CreateUsers const create{&context, missing, admin};
    CO_TRY(Json const created, co_await context.hub.store.write(create));
    co_return json_response(created, Status::created);
}

// POST /users/{user}: exactly this name; it is not normalised (reference rest-api.md §3.3).
Async<http::Response> create_one(RequestContext& context)
{
    CO_TRY(Json const body, context.json_object());
    if (!body.is_null())
        CO_CHECK(check_keys(body, body_keys));
    bool const admin = !body.is_null() && body.value("admin", false);
    CO_CHECK(may_make_admin(context, admin));
    std::string const& name = context.path_value("user");
    MissingUsers const wanted{{name}};
    CO_TRY(auto const missing, co_await context.hub.store.read(wanted));
    if (missing.empty())
        co_return already_there(wanted.names);
    CO_CHECK(co_await check_new_user(context, name));
    CreateUsers const create{&context, {name}, admin};
    CO_TRY(Json const created, co_await context.hub.store.write(create));
    co_return json_response(created.at(0), Status::created);
}

struct ChangeUser {
    RequestContext const* context;
    std::string name;
    std::optional<std::string> new_name;
    std::optional<bool> admin;
    std::optional<std::string> encrypted_auth_state;
    std::optional<std::int64_t> held; // whose servers are held back for the new name
    Result<model::User> operator()(store::Transaction& transaction) const
    {
        auto user = store::find_user(transaction, name);
        if (!user || (held && user->id != *held))
            return fail(Errc::not_found, "");
        if (!is_admin(context->principal) && (user->admin || admin.value_or(false)))
            return fail(Errc::forbidden, "Only administrators can change administrators.");
        if (new_name && *new_name != name && store::find_user(transaction, *new_name))
            return fail(Errc::invalid_argument, fmt::format("The name {} is taken.", printable(*new_name)));
        if (new_name) {
            user->name = *new_name;
            store::update_user(transaction, *user);
        }
        if (admin)
            set_admin(transaction, *user, *admin);
        if (encrypted_auth_state)
            store::set_user_auth_state(transaction, user->id, encrypted_auth_state);
        return *user;
    }
};

// A server keeps the address and the token it was started with: under the old name it would let in whoever gets that
// name next.
// The user is held for that long: no server is started meanwhile.
Async<Departure> begin_rename(Hub& hub, std::string name, std::int64_t& user_id)
{
    auto const find = [name](store::Transaction& transaction) { return store::find_user(transaction, name); };
    CO_TRY(auto const user, co_await hub.store.read(find));
    if (!user)
        co_return fail(Errc::not_found, "");
    user_id = user->id;
    Departure departure(hub.servers, user->id);
    auto const servers = hub.servers.of_user(user->id);
    if (std::ranges::any_of(servers, [](auto const& server) { return server->active(); }))
        co_return fail(Errc::invalid_state,
                       fmt::format("{} has a running server, which keeps that name. Stop it first.", printable(name)));
    co_return departure;
}

// PATCH /users/{user}: rename, make administrator or not, replace auth_state.
Async<http::Response> change_user(RequestContext& context)
{
    CO_TRY(Json const body, context.json_object());
    if (body.is_null())
        co_return fail(Errc::invalid_argument, "The body must say what to change.");
    CO_CHECK(check_keys(body, body_keys));
    for (std::string_view const key : {"groups", "roles"})
        if (body.contains(key))
            co_return fail(Errc::invalid_argument, fmt::format("{} cannot be changed here.", key));
    ChangeUser change{&context, context.path_value("user"), {}, {}, {}, {}};
    std::optional<Departure> departure;
    if (body.contains("name")) {
        change.new_name = body["name"].get<std::string>();
        CO_CHECK(auth::check_username(*change.new_name, context.hub.login_rules.username_pattern));
    }
    if (change.new_name && *change.new_name != change.name) {
        std::int64_t user_id = 0;
        CO_TRY(auto held, co_await begin_rename(context.hub, change.name, user_id));
        departure.emplace(std::move(held));
        change.held = user_id;
    }
    if (body.contains("admin"))
        change.admin = body["admin"].get<bool>();
    if (body.contains("auth_state")) {
        CO_TRY(change.encrypted_auth_state,
               encrypt_auth_state(context.hub.crypt_keeper, body["auth_state"], context.hub.now()));
    }
    CO_TRY(auto const user, co_await context.hub.store.write(change));
    context.hub.servers.rename_user(user.id, user.name);
    ViewOne const view{&context, user.name, servers_now(context.hub.servers, user.id)};
    CO_TRY(auto const seen, co_await context.hub.store.read(view));
    co_return json_response(seen.model);
}

// DELETE /users/{user}: stops their servers first.
Async<http::Response> delete_user(RequestContext& context)
{
    std::string const& name = context.path_value("user");
    if (context.principal.user && context.principal.user->name == name)
        co_return fail(Errc::invalid_argument, "You cannot delete yourself.");
    auto const find = [name](store::Transaction& transaction) { return store::find_user(transaction, name); };
    CO_TRY(auto const user, co_await context.hub.store.read(find));
    if (!user)
        co_return fail(Errc::not_found, "");
    auto const patience = context.hub.settings.hub.tornado_settings.slow_stop_timeout;
    CO_CHECK(co_await remove_user(context.hub, *user, ActiveServers::stop, patience));
    co_return empty_response(Status::no_content);
}

} // namespace

std::span<Route const> user_routes()
{
    static constexpr std::array routes{
        Route{Method::get, "/api/users", rbac::needs(Scope::list_users).listing(), list_users, Audit::changes,
              Reuse::while_nothing_changed},
        Route{Method::post, "/api/users", rbac::needs(Scope::admin_users), create_several},
        Route{Method::get, "/api/users/{user}",
              rbac::needs(Scope::read_users, Scope::read_users_name, Scope::read_servers, Scope::read_users_groups,
                          Scope::read_users_activity, Scope::read_roles_users),
              get_user},
        Route{Method::post, "/api/users/{user}", rbac::needs(Scope::admin_users), create_one},
        Route{Method::patch, "/api/users/{user}", rbac::needs(Scope::admin_users), change_user},
        Route{Method::delete_, "/api/users/{user}", rbac::needs(Scope::delete_users), delete_user},
    };
    return routes;
}

} // namespace jhub::hub::api

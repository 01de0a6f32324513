// Groups: list, look at, create, delete, members, properties (reference rest-api.md §3.6).
#include <fmt/format.h>

#include "auth/username.hpp"
#include "base/strings.hpp"
#include "hub/api/body_keys.hpp"
#include "hub/api/models.hpp"
#include "hub/api/paging.hpp"
#include "hub/api/tables.hpp"
#include "hub/core/identity.hpp"
#include "hub/dispatch/request_context.hpp"
#include "hub/dispatch/responses.hpp"
#include "store/groups.hpp"
#include "store/users.hpp"

namespace jhub::hub::api {
namespace {

using http::Method;
using http::Status;
using rbac::Scope;

constexpr std::array body_keys{text_key("name"), list_key("users"), list_key("roles")};
constexpr std::array list_body_keys{list_key("groups"), list_key("users"), list_key("roles")};

Json model_of(RequestContext const& context, store::Transaction& transaction, std::string_view name)
{
    StoredMemberships const memberships(transaction);
    Viewer const viewer{context.principal.scopes, memberships, context.hub.urls};
    auto const overview = store::load_group_overview(transaction, name);
    return overview ? group_model(*overview, viewer) : Json::object();
}

// A restricted holding of list:groups narrows the list to its groups.
Result<> narrow(store::GroupQuery& query, rbac::ScopeSet const& scopes)
{
    if (scopes.holds_all(Scope::list_groups))
        return {};
    query.names.emplace();
    for (auto const& holding : scopes.of(Scope::list_groups)) {
        if (holding.kind != rbac::FilterKind::group)
            return fail(Errc::forbidden, "This way of restricting list:groups cannot be used here.");
        query.names->push_back(holding.value);
    }
    return {};
}

// GET /groups: the total counts all groups, also those that are not shown.
Async<http::Response> list_groups(RequestContext& context)
{
    struct Page {
        Json items = Json::array();
        std::int64_t total = 0;
    };
    struct List {
        RequestContext const* context;
        store::GroupQuery query;
        Page operator()(store::Transaction& transaction) const
        {
            StoredMemberships const memberships(transaction);
            Viewer const viewer{context->principal.scopes, memberships, context->hub.urls};
            Page page;
            page.total = store::count_groups(transaction);
            for (auto const& overview : store::list_group_overviews(transaction, query))
                if (Json model = group_model(overview, viewer); !model.empty())
                    page.items.push_back(std::move(model));
            return page;
        }
    };
    List list{&context, {}};
    CO_CHECK(narrow(list.query, context.principal.scopes));
    CO_TRY(Paging const paging, paging_of(context));
    list.query.offset = paging.offset;
    list.query.limit = paging.limit;
    CO_TRY(Page page, co_await context.hub.store.read(list));
    co_return page_response(context, paging, std::move(page.items), page.total);
}

// GET /groups/{group}
Async<http::Response> get_group(RequestContext& context)
{
    auto const look = [&context](store::Transaction& transaction) -> Result<Json> {
        auto const& name = context.path_value("group");
        if (!store::find_group(transaction, name))
            return fail(Errc::not_found, "");
        return model_of(context, transaction, name);
    };
    CO_TRY(Json const model, co_await context.hub.store.read(look));
    co_return json_response(model);
}

// Names in a body are normalised as at login; each must belong to somebody.
Result<std::vector<std::int64_t>> user_ids(store::Transaction& transaction, std::vector<std::string> const& names)
{
    std::vector<std::int64_t> ids;
    for (auto const& name : names) {
        auto const user = store::find_user(transaction, name);
        if (!user)
            return fail(Errc::invalid_argument, fmt::format("There is no user named {}.", printable(name)));
        ids.push_back(user->id);
    }
    return ids;
}

Result<std::vector<std::string>> user_names(RequestContext const& context, Json const& body)
{
    TRY(auto names, text_list(body, "users"));
    for (auto& name : names)
        name = auth::normalize_username(context.hub.login_rules, name);
    return names;
}

// All of the groups, or none when one of them exists already.
struct CreateGroups {
    RequestContext const* context;
    std::vector<std::string> names, users;
    Result<Json> operator()(store::Transaction& transaction) const
    {
        TRY(auto const ids, user_ids(transaction, users));
        Json created = Json::array();
        for (auto const& name : names) {
            if (store::find_group(transaction, name))
                return fail(Errc::conflict, fmt::format("Group {} exists already.", printable(name)));
            model::Group group;
            group.name = name;
            group.id = store::insert_group(transaction, group);
            for (auto const user_id : ids)
                store::add_group_member(transaction, group.id, user_id);
            created.push_back(model_of(*context, transaction, name));
        }
        return created;
    }
};

Result<> check_names(std::vector<std::string> const& names)
{
    for (auto const& name : names)
        CHECK(auth::check_name(name, "the name of a group"));
    return {};
}

// POST /groups: several at once.
Async<http::Response> create_several(RequestContext& context)
{
    CO_TRY(Json const body, context.json_object());
    if (body.is_null() || !body.contains("groups"))
        co_return fail(Errc::invalid_argument, "groups must be a list of at least one name.");
    CO_CHECK(check_keys(body, list_body_keys));
    CreateGroups create{&context, {}, {}};
    CO_TRY(create.names, text_list(body, "groups"));
    if (create.names.empty())
        co_return fail(Errc::invalid_argument, "groups must be a list of at least one name.");
    CO_CHECK(check_names(create.names));
    CO_TRY(create.users, user_names(context, body));
    CO_TRY(Json const created, co_await context.hub.store.write(create));
    co_return json_response(created, Status::created);
}

// POST /groups/{group}
Async<http::Response> create_one(RequestContext& context)
{
    CO_TRY(Json body, context.json_object());
    if (body.is_null())
        body = Json::object();
    CO_CHECK(check_keys(body, body_keys));
    CreateGroups create{&context, {context.path_value("group")}, {}};
    CO_CHECK(check_names(create.names));
    CO_TRY(create.users, user_names(context, body));
    CO_TRY(Json const created, co_await context.hub.store.write(create));
    co_return json_response(created.at(0), Status::created);
}

// DELETE /groups/{group}
Async<http::Response> delete_group(RequestContext& context)
{
    auto const remove = [name = context.path_value("group")](store::Transaction& transaction) -> Result<bool> {
        auto const group = store::find_group(transaction, name);
        if (!group)
            return fail(Errc::not_found, "");
        return store::delete_group(transaction, group->id);
    };
    CO_CHECK(co_await context.hub.store.write(remove));
    co_return empty_response(Status::no_content);
}

enum class Membership { add, remove };

struct ChangeMembers {
    RequestContext const* context;
    std::vector<std::string> users;
    Membership change;
    Result<Json> operator()(store::Transaction& transaction) const
    {
        auto const& name = context->path_value("group");
        auto const group = store::find_group(transaction, name);
        if (!group)
            return fail(Errc::not_found, "");
        TRY(auto const ids, user_ids(transaction, users));
        for (auto const id : ids) {
            if (change == Membership::add)
                store::add_group_member(transaction, group->id, id);
            else
                store::remove_group_member(transaction, group->id, id);
        }
        return model_of(*context, transaction, name);
    }
};

Async<http::Response> change_members(RequestContext& context, Membership change)
{
    CO_TRY(Json const body, context.json_object());
    if (body.is_null() || !body.contains("users"))
        co_return fail(Errc::invalid_argument, "users must be a list of names.");
    CO_CHECK(check_keys(body, body_keys));
    ChangeMembers members{&context, {}, change};
    CO_TRY(members.users, user_names(context, body));
    CO_TRY(Json const model, co_await context.hub.store.write(members));
    co_return json_response(model);
}

// POST and DELETE /groups/{group}/users: again is no change.
Async<http::Response> add_members(RequestContext& context) { return change_members(context, Membership::add); }
Async<http::Response> remove_members(RequestContext& context) { return change_members(context, Membership::remove); }

// PUT /groups/{group}/properties: replaces all of them.
Async<http::Response> set_properties(RequestContext& context)
{
    struct Replace {
        RequestContext const* context;
        Json properties;
        Result<Json> operator()(store::Transaction& transaction) const
        {
            auto const& name = context->path_value("group");
            auto const group = store::find_group(transaction, name);
            if (!group)
                return fail(Errc::not_found, "");
            store::set_group_properties(transaction, group->id, properties);
            return model_of(*context, transaction, name);
        }
    };
    CO_TRY(Json const properties, context.json_object());
    if (properties.is_null())
        co_return fail(Errc::invalid_argument, "The body must be an object, the new properties.");
    Replace const replace{&context, properties};
    CO_TRY(Json const model, co_await context.hub.store.write(replace));
    co_return json_response(model);
}

} // namespace

std::span<Route const> group_routes()
{
    static constexpr std::array routes{
        Route{Method::get, "/api/groups", rbac::needs(Scope::list_groups).listing(), list_groups},
        Route{Method::post, "/api/groups", rbac::needs(Scope::admin_groups), create_several},
        Route{Method::get, "/api/groups/{group}",
              rbac::needs(Scope::read_groups, Scope::read_groups_name, Scope::read_roles_groups), get_group},
        Route{Method::post, "/api/groups/{group}", rbac::needs(Scope::admin_groups), create_one},
        Route{Method::delete_, "/api/groups/{group}", rbac::needs(Scope::delete_groups), delete_group},
        Route{Method::post, "/api/groups/{group}/users", rbac::needs(Scope::groups), add_members},
        Route{Method::delete_, "/api/groups/{group}/users", rbac::needs(Scope::groups), remove_members},
        Route{Method::put, "/api/groups/{group}/properties", rbac::needs(Scope::groups), set_properties},
    };
    return routes;
}

} // namespace jhub::hub::api

#include "hub/api/models.hpp"

#include "base/time_text.hpp"

namespace jhub::hub::api {
namespace {

using rbac::Scope;
using rbac::Target;

// A field of the user model and the scopes that show it.
struct Field {
    std::string_view name;
    std::vector<Scope> shown_by;
    Json (*value)(store::UserOverview const&, ServersNow const&, Urls const&);
};

ServerNow const* default_server(store::UserOverview const& user, ServersNow const& live)
{
    auto const found = live.find({user.user.id, ""});
    return found == live.end() ? nullptr : &found->second;
}

Json name_or_null(std::string_view text) { return text.empty() ? Json() : Json(text); }

std::vector<Field> const& user_fields()
{
    using O = store::UserOverview;
    static std::vector<Field> const fields{
        {"admin",
         {Scope::read_users, Scope::read_users_name, Scope::read_roles_users},
         [](O const& user, ServersNow const&, Urls const&) { return Json(user.user.admin); }},
        {"roles",
         {Scope::read_users, Scope::read_roles_users},
         [](O const& user, ServersNow const&, Urls const&) { return Json(user.roles); }},
        {"groups",
         {Scope::read_users, Scope::read_users_groups},
         [](O const& user, ServersNow const&, Urls const&) { return Json(user.groups); }},
        {"server",
         {Scope::read_users},
         [](O const& user, ServersNow const& live, Urls const& urls) {
             auto const now = default_server(user, live);
             return now && now->state == ServerState::ready ? Json(urls.user_url(user.user.name)) : Json();
         }},
        {"pending",
         {Scope::read_users},
         [](O const& user, ServersNow const& live, Urls const&) {
             auto const now = default_server(user, live);
             return now ? name_or_null(pending_name(now->state)) : Json();
         }},
        {"created",
         {Scope::read_users},
         [](O const& user, ServersNow const&, Urls const&) { return time_json(user.user.created); }},
        {"last_activity",
         {Scope::read_users, Scope::read_users_activity},
         [](O const& user, ServersNow const&, Urls const&) { return time_json(user.user.last_activity); }},
        {"auth_state", {Scope::admin_auth_state}, [](O const&, ServersNow const&, Urls const&) { return Json(); }},
    };
    return fields;
}

void add_servers(Json& model, store::UserOverview const& user, ServersNow const& live, Viewer const& viewer)
{
    bool const sees_servers = viewer.may_see(Scope::read_servers, Target::user(user.user.name));
    Json servers = Json::object();
    for (auto const& server : user.servers) {
        std::string const full_name = rbac::server_filter(user.user.name, server.spawner.name);
        if (!sees_servers && !viewer.may_see(Scope::read_servers, Target::server(full_name)))
            continue;
        auto const found = live.find({user.user.id, server.spawner.name});
        ServerNow const now = found == live.end() ? ServerNow{} : found->second;
        if (is_active(now.state) || viewer.include_stopped)
            servers[server.spawner.name] = server_model(user, server, now, viewer);
    }
    if (sees_servers || !servers.empty())
        model["servers"] = std::move(servers);
}

ServerNow snapshot(LiveServer const& server)
{
    return {server.state, server.user_options.value_or(Json::object()),
            server.spawner ? server.spawner->state() : Json::object()};
}

ServersNow snapshots(std::vector<std::shared_ptr<LiveServer>> const& servers)
{
    ServersNow now;
    for (auto const& server : servers)
        now.emplace(std::pair(server->user_id, server->server_name), snapshot(*server));
    return now;
}

} // namespace

Json time_json(std::optional<Timestamp> const& time) { return time ? Json(to_iso8601(*time)) : Json(); }

ServersNow servers_now(Registry const& registry) { return snapshots(registry.all()); }

ServersNow servers_now(Registry const& registry, std::int64_t user_id) { return snapshots(registry.of_user(user_id)); }

ServersNow servers_now(Registry const& registry, std::string_view user_name)
{
    return snapshots(registry.of_user(user_name));
}

Json user_model(store::UserOverview const& user, ServersNow const& live, Viewer const& viewer)
{
    Json model = Json::object();
    Target const target = Target::user(user.user.name);
    for (auto const& field : user_fields())
        for (Scope const scope : field.shown_by)
            if (viewer.may_see(scope, target)) {
                model[std::string(field.name)] = field.value(user, live, viewer.urls);
                break;
            }
    add_servers(model, user, live, viewer);
    if (model.empty())
        return model;
    model["kind"] = "user";
    model["name"] = user.user.name;
    return model;
}

Json server_model(store::UserOverview const& user, store::ServerOverview const& server, ServerNow const& now,
                  Viewer const& viewer)
{
    auto const& row = server.spawner;
    std::string const& owner = user.user.name;
    std::string const url = viewer.urls.server_url(owner, row.name);
    std::string const progress = viewer.urls.progress(owner, row.name);
    Json model{{"name", row.name},
               {"full_name", owner + "/" + row.name},
               {"last_activity", time_json(row.last_activity)},
               {"started", time_json(row.started)},
               {"pending", name_or_null(pending_name(now.state))},
               {"ready", now.state == ServerState::ready},
               {"stopped", !is_active(now.state)},
               {"url", url},
               {"full_url", name_or_null(viewer.urls.full(url))},
               {"user_options", is_active(now.state) ? now.user_options : row.user_options.value_or(Json())},
               {"progress_url", progress},
               {"full_progress_url", name_or_null(viewer.urls.full(progress))}};
    if (viewer.may_see(rbac::Scope::admin_server_state, Target::server(rbac::server_filter(owner, row.name)))) {
        model["state"] = row.state; // with what a Python class adds to it
        if (is_active(now.state))
            model["state"].update(now.spawner_state);
    }
    return model;
}

Json group_model(store::GroupOverview const& group, Viewer const& viewer)
{
    Target const target = Target::group(group.group.name);
    bool const all = viewer.may_see(Scope::read_groups, target);
    bool const sees_roles = viewer.may_see(Scope::read_roles_groups, target);
    Json model = Json::object();
    if (!all && !sees_roles && !viewer.may_see(Scope::read_groups_name, target))
        return model;
    model = {{"kind", "group"}, {"name", group.group.name}};
    if (all) {
        model["users"] = group.users;
        model["properties"] = group.group.properties;
    }
    if (sees_roles)
        model["roles"] = group.roles;
    return model;
}

Json service_model(model::ServiceRow const& service, std::vector<std::string> const& roles, Viewer const& viewer)
{
    Target const target = Target::service(service.name);
    bool const all = viewer.may_see(Scope::read_services, target);
    bool const sees_roles = viewer.may_see(Scope::read_roles_services, target);
    bool const sees_name = viewer.may_see(Scope::read_services_name, target);
    Json model = Json::object();
    if (!all && !sees_roles && !sees_name)
        return model;
    model = {{"kind", "service"}, {"name", service.name}, {"admin", service.admin}};
    if (all) {
        model["url"] = service.url ? Json(*service.url) : Json();
        model["prefix"] = service.url && !service.url->empty() ? Json(viewer.urls.service(service.name)) : Json("");
        model["command"] = service.command.value_or(std::vector<std::string>{});
        model["pid"] = 0;
        model["info"] = service.info.value_or(Json());
        model["display"] = service.display ? Json(*service.display) : Json();
    }
    if (sees_roles)
        model["roles"] = roles;
    return model;
}

Json token_model(store::TokenListing const& listing, std::string const& owner_kind, std::string const& owner,
                 std::vector<std::string> const& scopes)
{
    auto const& token = listing.token;
    std::string const client = token.client_id.value_or("");
    return {{owner_kind, owner},
            {"id", "a" + std::to_string(token.id)},
            {"kind", "api_token"},
            {"roles", Json::array()},
            {"scopes", scopes},
            {"created", time_json(token.created)},
            {"last_activity", time_json(token.last_activity)},
            {"expires_at", time_json(token.expires_at)},
            {"note", token.note},
            {"session_id", token.session_id ? Json(*token.session_id) : Json()},
            {"oauth_client", client == model::hub_client          ? Json("JupyterHub")
                             : listing.client_description.empty() ? Json(client)
                                                                  : Json(listing.client_description)}};
}

} // namespace jhub::hub::api

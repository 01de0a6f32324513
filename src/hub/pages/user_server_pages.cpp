// /hub/user/… : where a browser lands when the proxy has no route for a server (reference http-pages.md §4).
#include <algorithm>
#include <array>
#include <cmath>

#include "base/strings.hpp"
#include "hub/core/identity.hpp"
#include "hub/dispatch/page_renderer.hpp"
#include "hub/dispatch/python_questions.hpp"
#include "hub/dispatch/request_context.hpp"
#include "hub/dispatch/responses.hpp"
#include "hub/dispatch/user_rows.hpp"
#include "hub/pages/next_page.hpp"
#include "hub/pages/not_running.hpp"
#include "hub/pages/tables.hpp"
#include "store/spawners.hpp"
#include "store/users.hpp"

namespace jhub::hub::pages {
namespace {

using http::Method;
using http::Status;
using rbac::Scope;

constexpr int limit_for_other_version = 2; // a server of another version that redirects twice is likely to blame
constexpr std::chrono::seconds longest_pause{10};

struct Subject {
    model::User owner;
    std::string server_name;
};

std::string first_segment(std::string_view path) { return std::string(path.substr(0, path.find('/'))); }

// The server that the path is about: a named one when the first segment is its name.
struct FindSubject {
    std::string user_name, segment;
    bool named_servers = false;
    rbac::ScopeSet scopes;
    Result<Subject> operator()(store::Transaction& transaction) const
    {
        StoredMemberships const memberships(transaction);
        auto const may = [&](std::string_view server) {
            std::string const full = rbac::server_filter(user_name, server);
            return rbac::has_scope(scopes, Scope::access_servers, rbac::Target::server(full), memberships);
        };
        auto const user = store::find_user(transaction, user_name);
        if (!user || (!may("") && !may(segment)))
            return fail(Errc::not_found, "There is no such page, or you may not see it.");
        bool const named = named_servers && !segment.empty() && store::find_spawner(transaction, user->id, segment);
        return Subject{*user, named ? segment : ""};
    }
};

Async<Subject> find_subject(RequestContext& context)
{
    FindSubject const find{context.path_value("user"), first_segment(context.path_value("path")),
                           context.hub.settings.hub.allow_named_servers, context.principal.scopes};
    CO_TRY(Subject subject, co_await context.hub.store.read(find));
    if (!context.principal.user || subject.owner.id != context.user().id)
        CO_CHECK(co_await look_up_for_templates(context, subject.owner));
    co_return subject;
}

// Programs want JSON: JupyterLab polls its server here while that is down.
bool wants_json(RequestContext const& context)
{
    auto const segments = split(context.path_value("path"), '/');
    if (std::ranges::find(segments, "api") != segments.end())
        return true;
    auto const accept = to_lower(context.header("Accept").value_or(""));
    auto const json = accept.find("application/json"), html = accept.find("text/html");
    return json != std::string::npos && (html == std::string::npos || json < html);
}

Status stopped_status(Hub const& hub)
{
    return hub.settings.hub.use_legacy_stopped_server_status_code ? Status::service_unavailable
                                                                  : Status::failed_dependency;
}

http::Response stopped_as_json(RequestContext const& context, std::string const& user, std::string const& server)
{
    auto const site = context.site();
    std::string const spawn_url = site.scheme + "://" + site.host + context.hub.urls.spawn(user, server);
    return json_response(
        {{"message", "JupyterHub: " + context.request.path + " is not running. Start it at " + spawn_url}},
        stopped_status(context.hub));
}

// Ready, and yet here: the route is a moment late, or the server redirects to us. Back, at most a few times.
Async<http::Response> back_to_server(RequestContext& context, LiveServer const& server)
{
    auto const redirects = parse_number<int>(context.argument("redirects").value_or("0")).value_or(0);
    bool const other_version = !server.reported_version.empty() && server.reported_version != jupyterhub_version;
    auto const limit = context.hub.settings.hub.tornado_settings.user_redirect_limit;
    std::string const version_note =
        other_version ? " It reports JupyterHub version " + printable(server.reported_version, 32) + "." : "";
    if (redirects >= limit ||
        (other_version && redirects >= std::max<std::int64_t>(limit_for_other_version, limit - 1)))
        co_return fail(Errc::failed,
                       "The server is running, but sends its visitors back here again and again." + version_note);
    if (redirects > 0) {
        auto const pause =
            std::min<std::chrono::seconds>(std::chrono::seconds(1 << std::min(redirects, 4)), longest_pause);
        co_await sleep_for(pause);
    }
    QueryFields fields;
    for (auto const& field : context.query)
        if (field.first != "redirects")
            fields.push_back(field);
    fields.emplace_back("redirects", std::to_string(redirects + 1));
    auto const& urls = context.hub.urls;
    std::string const path = context.request.path.substr(urls.hub_prefix().size()); // "user/NAME/…", as it was sent
    std::string target = urls.base() + path;
    if (urls.has_subdomains()) {
        auto const url = parse_url(urls.user_url(server.user_name));
        target = (url ? url->origin() : "") + target;
    }
    co_return redirect(with_query(target, build_query(fields)));
}

// GET /user/{user}/…
Async<http::Response> visit(RequestContext& context)
{
    CO_TRY(Subject const subject, co_await find_subject(context));
    auto const server = context.hub.servers.find(subject.owner.id, subject.server_name);
    if (server && server->ready()) {
        CO_TRY(bool const alive, co_await context.hub.launcher.poll(server));
        if (alive)
            co_return co_await back_to_server(context, *server);
    }
    if (wants_json(context))
        co_return stopped_as_json(context, subject.owner.name, subject.server_name);
    bool const failed = server && server->failure && !server->failure->cancelled;
    if (server && (server->active() || failed)) {
        std::string const here = with_query(context.request.path, context.request.query);
        std::string const pending = context.hub.urls.spawn_pending(subject.owner.name, subject.server_name);
        co_return redirect(with_query(pending, build_query({{"next", here}})), Status::see_other);
    }
    co_return not_running_page(context, subject.owner, subject.server_name, stopped_status(context.hub));
}

// POST, PATCH, DELETE /user/{user}/…: only programs do that.
Async<http::Response> refuse_change(RequestContext& context)
{
    co_return stopped_as_json(context, context.path_value("user"), "");
}

// GET /user-redirect/PATH: the same path of one's own server, whoever one is.
Async<http::Response> user_redirect(RequestContext& context)
{
    auto const& hub = context.hub;
    std::string const& name = context.user().name;
    std::string const server = hub.settings.hub.allow_named_servers ? hub.settings.hub.default_server_name : "";
    std::string const prefix = hub.urls.hub("user-redirect/");
    std::string const asked_for = context.request.path.substr(prefix.size());
    CO_TRY(auto const elsewhere, co_await redirect_by_hook(context, asked_for));
    if (elsewhere)
        co_return redirect(*elsewhere);
    std::string const target = hub.urls.server_url(name, server) + asked_for;
    std::string const next = with_query(target, context.request.query);
    co_return redirect(with_query(hub.urls.spawn(name, server), build_query({{"next", next}})));
}

} // namespace

std::span<Route const> user_server_routes()
{
    static constexpr std::array routes{
        Route{Method::get, "/user/{user}", rbac::signed_in(), visit},
        Route{Method::get, "/user/{user}/{path*}", rbac::signed_in(), visit},
        Route{Method::post, "/user/{user}/{path*}", rbac::anyone(), refuse_change},
        Route{Method::patch, "/user/{user}/{path*}", rbac::anyone(), refuse_change},
        Route{Method::delete_, "/user/{user}/{path*}", rbac::anyone(), refuse_change},
        Route{Method::get, "/user-redirect/{path*}", rbac::signed_in(), user_redirect},
    };
    return routes;
}

} // namespace jhub::hub::pages

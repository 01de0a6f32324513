// Servers: start, stop, watch the progress of a start, report activity (reference rest-api.md §3.5, §4, spawner.md §1).
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <fmt/format.h>

#include "base/log.hpp"
#include "base/random.hpp"
#include "base/strings.hpp"
#include "base/time_text.hpp"
#include "hub/api/progress_stream.hpp"
#include "hub/api/tables.hpp"
#include "hub/core/departure.hpp"
#include "hub/core/named_servers.hpp"
#include "hub/core/removal.hpp"
#include "hub/dispatch/http_status.hpp"
#include "hub/dispatch/python_questions.hpp"
#include "hub/dispatch/refresh_login.hpp"
#include "hub/dispatch/request_context.hpp"
#include "hub/dispatch/responses.hpp"
#include "store/spawners.hpp"
#include "store/users.hpp"

namespace jhub::hub::api {
namespace {

using http::Method;
using http::Status;
using rbac::Scope;

constexpr std::chrono::minutes furthest_future{59}; // of reported activity
constexpr std::size_t largest_user_options = 64 * 1024;

Async<model::User> find_owner(RequestContext& context)
{
    auto const find = [name = context.path_value("user")](store::Transaction& transaction) {
        return store::find_user(transaction, name);
    };
    CO_TRY(auto user, co_await context.hub.store.read(find));
    if (!user)
        co_return fail(Errc::not_found, "");
    co_return *std::move(user);
}

http::Response throttled(Hub& hub, Error const& error)
{
    auto response = json_error(status_of(error.code), error.message);
    if (error.detail == "concurrent_spawn_limit") { // the limit on active servers does not pass by waiting
        auto const [least, most] = hub.settings.hub.tornado_settings.spawn_throttle_retry_range;
        response.headers.set("Retry-After", std::to_string(static_cast<int>(least + (most - least) * random_unit())));
    }
    return response;
}

// POST …/server: 201 it is up, 202 it is still starting, 400 it already runs.
Async<http::Response> start_server(RequestContext& context)
{
    CO_TRY(auto const user, co_await find_owner(context));
    std::string const name = context.path_value("server");
    if (context.request.body.size() > largest_user_options)
        co_return fail(Errc::invalid_argument,
                       fmt::format("The options of a server may not be longer than {} bytes.", largest_user_options));
    CO_TRY(Json const options, context.json_object());
    auto const known = context.hub.servers.find(user.id, name);
    if (known && known->ready())
        CO_CHECK(co_await context.hub.launcher.poll(known)); // one that died unseen can be started again

    CO_CHECK(co_await refresh_before_start(context, user));
    if (!name.empty()) { // nothing waits between this and the start, so many at once cannot pass the limit together
        CO_TRY(auto const limit, co_await named_server_limit(context));
        CO_CHECK(co_await check_named_server(context.hub, user, name, limit));
    }
    if (auto const same = context.hub.servers.find(user.id, name);
        same && pending_name(same->state) == "spawn" && !same->cancel_start)
        co_return empty_response(Status::accepted, "text/plain");
    StartOrder order{.user = user, .server_name = name, .user_options = {}};
    if (!options.is_null())
        order.user_options = options;
    auto const started = context.hub.launcher.start(std::move(order));
    if (!started && started.error().code == Errc::too_many)
        co_return throttled(context.hub, started.error());
    CO_TRY(auto const server, started);
    // The start belongs to the launcher: whoever gives up waiting here leaves nothing half-started behind.
    if (!co_await wait_until_settled(server, context.hub.settings.hub.tornado_settings.slow_spawn_timeout))
        co_return empty_response(Status::accepted, "text/plain");
    if (server->failure)
        co_return json_error(static_cast<Status>(server->failure->status), server->failure->message);
    co_return empty_response(Status::created, "text/plain");
}

Result<bool> wants_removal(RequestContext const& context)
{
    TRY(Json const body, context.json_object());
    if (body.is_null() || !body.contains("remove"))
        return false;
    if (!body["remove"].is_boolean())
        return fail(Errc::invalid_argument, "remove must be true or false.");
    return body["remove"].get<bool>();
}

// 202: the stop, and the removal when there is a departure, goes on by itself, also over the end of this hub.
Async<http::Response> promise(Hub& hub, std::shared_ptr<LiveServer> server, std::optional<Departure> departure)
{
    using Then = store::StopIntention::Then;
    CO_CHECK(co_await hub.launcher.promise_stop(server, departure ? Then::removed : Then::stays));
    if (departure)
        asio::co_spawn(hub.executor, remove_when_stopped(hub, server, *std::move(departure)), asio::detached);
    co_return empty_response(Status::accepted, "text/plain");
}

// DELETE …/server: 204 it is stopped, 202 it is still stopping.
Async<http::Response> stop_server(RequestContext& context)
{
    CO_TRY(auto const user, co_await find_owner(context));
    std::string const name = context.path_value("server");
    CO_TRY(bool const remove, wants_removal(context));
    if (remove && name.empty())
        co_return fail(Errc::invalid_argument, "The default server cannot be removed, only stopped.");
    if (!name.empty() && !context.hub.settings.hub.allow_named_servers)
        co_return fail(Errc::invalid_argument, "Named servers are not enabled on this hub.");
    std::optional<Departure> departure;
    if (remove) // from here on it is not started again
        departure.emplace(context.hub.servers, user.id, name);
    auto const find = [id = user.id, name](store::Transaction& transaction) {
        return store::find_spawner(transaction, id, name);
    };
    CO_TRY(auto const row, co_await context.hub.store.read(find));
    auto const server = context.hub.servers.find(user.id, name);
    if (!row && !server && !name.empty())
        co_return fail(Errc::not_found, fmt::format("{} has no server named {}.", user.name, printable(name)));
    if (server && server->active()) {
        CO_CHECK(co_await refresh_before_stop(context, user));
        context.hub.launcher.stop(server);
        auto const patience = context.hub.settings.hub.tornado_settings.slow_stop_timeout;
        if (!co_await wait_until_settled(server, patience) || server->state == ServerState::stopping)
            co_return co_await promise(context.hub, server, std::move(departure));
    }
    if (remove)
        CO_CHECK(co_await remove_named_server(context.hub, user, name));
    co_return empty_response(Status::no_content);
}

// GET …/server/progress: server-sent events until the start is decided.
Async<http::Response> progress(RequestContext& context)
{
    auto const server = context.hub.servers.find_by_name(context.path_value("user"), context.path_value("server"));
    if (!server)
        co_return fail(Errc::not_found, "");
    if (server->state == ServerState::stopping && !server->failure)
        co_return fail(Errc::invalid_state, fmt::format("{} is not starting.", server->label()));
    co_return progress_response(server, context.hub);
}

Result<Timestamp> activity_time(Json const& body, Timestamp now)
{
    auto const field = body.is_object() ? body.find("last_activity") : body.end();
    auto const time =
        field != body.end() && field->is_string() ? parse_time(field->get_ref<std::string const&>()) : std::nullopt;
    if (!time)
        return fail(Errc::invalid_argument, "last_activity must be a time such as 2026-01-02T03:04:05Z.");
    if (*time > now + furthest_future)
        return fail(Errc::invalid_argument, "last_activity lies too far in the future.");
    return *time;
}

// What was reported: when somebody was there, and when which server was used.
struct ActivityReport {
    std::optional<Timestamp> user;
    std::map<std::string, Timestamp> servers;
};

Result<ActivityReport> activity_report(RequestContext const& context)
{
    TRY(Json const body, context.json_object());
    static Json const nothing = Json::object();
    auto const member = [&body](char const* name) -> Json const& { // null is as good as nothing
        return body.contains(name) && !body[name].is_null() ? body[name] : nothing;
    };
    Json const& servers = member("servers");
    Json const& time = member("last_activity");
    bool const has_user = &time != &nothing;
    if (!servers.is_object() || (!has_user && servers.empty()))
        return fail(Errc::invalid_argument, "The body must have last_activity or servers.");
    ActivityReport report;
    if (has_user) {
        TRY(report.user, activity_time(body, context.hub.now()));
    }
    for (auto const& [name, server] : servers.items()) {
        TRY(report.servers[name], activity_time(server, context.hub.now()));
    }
    return report;
}

// Nothing is written unless all of it is right.
struct RecordActivity {
    std::string user;
    ActivityReport report;
    Result<std::int64_t> operator()(store::Transaction& transaction) const // the user's id
    {
        auto const found = store::find_user(transaction, user);
        if (!found)
            return fail(Errc::not_found, "");
        std::map<std::string, std::int64_t> ids;
        if (!report.servers.empty())
            for (auto const& row : store::spawners_of_user(transaction, found->id))
                ids.emplace(row.name, row.id);
        std::map<std::int64_t, Timestamp> times;
        for (auto const& [name, time] : report.servers) {
            auto const id = ids.find(name);
            if (id == ids.end())
                return fail(Errc::invalid_argument,
                            fmt::format("{} has no server named {}.", found->name, printable(name)));
            times.emplace(id->second, time);
        }
        if (report.user)
            store::touch_users(transaction, {{found->id, *report.user}});
        store::touch_spawners(transaction, times);
        return found->id;
    }
};

// POST /users/{user}/activity: what servers report every few minutes.
Async<http::Response> report_activity(RequestContext& context)
{
    auto report = activity_report(context);
    if (!report) { // whoever asks about nobody is told that first
        CO_CHECK(co_await find_owner(context));
        co_return std::unexpected(std::move(report).error());
    }
    RecordActivity const record{context.path_value("user"), *std::move(report)};
    CO_TRY(auto const user_id, co_await context.hub.store.write_activity(record));
    for (auto const& [name, time] : record.report.servers)
        if (auto const live = context.hub.servers.find(user_id, name))
            live->last_activity = std::max(live->last_activity.value_or(time), time);
    co_return empty_response(Status::ok, "application/json");
}

// POST /users/{user}/admin-access: asked by old administration pages; changes nothing.
Async<http::Response> admin_access(RequestContext& context)
{
    if (!context.hub.settings.hub.admin_access)
        co_return fail(Errc::forbidden, "Administrators have no access to the servers of others on this hub.");
    CO_CHECK(co_await find_owner(context));
    co_return empty_response(Status::ok, "application/json");
}

} // namespace

std::span<Route const> server_routes()
{
    static constexpr std::array routes{
        Route{Method::post, "/api/users/{user}/server", rbac::needs(Scope::servers).about_server(), start_server},
        Route{Method::post, "/api/users/{user}/servers/{server?}", rbac::needs(Scope::servers), start_server},
        Route{Method::delete_, "/api/users/{user}/server", rbac::needs(Scope::delete_servers).about_server(),
              stop_server},
        Route{Method::delete_, "/api/users/{user}/servers/{server?}", rbac::needs(Scope::delete_servers), stop_server},
        Route{Method::get, "/api/users/{user}/server/progress", rbac::needs(Scope::read_servers).about_server(),
              progress},
        Route{Method::get, "/api/users/{user}/servers/{server}/progress", rbac::needs(Scope::read_servers), progress},
        Route{Method::post, "/api/users/{user}/admin-access", rbac::needs(Scope::servers), admin_access},
        Route{Method::post, "/api/users/{user}/activity", rbac::needs(Scope::users_activity), report_activity,
              Audit::never},
    };
    return routes;
}

} // namespace jhub::hub::api

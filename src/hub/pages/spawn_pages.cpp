// Starting a server from the browser: the options form, the wait with its progress (reference http-pages.md §2, §3).
#include <array>

#include "base/encoding.hpp"
#include "base/strings.hpp"
#include "http/forms.hpp"
#include "hub/core/identity.hpp"
#include "hub/core/named_servers.hpp"
#include "hub/core/progress.hpp"
#include "hub/dispatch/http_status.hpp"
#include "hub/dispatch/page_renderer.hpp"
#include "hub/dispatch/python_questions.hpp"
#include "hub/dispatch/refresh_login.hpp"
#include "hub/dispatch/request_context.hpp"
#include "hub/dispatch/responses.hpp"
#include "hub/dispatch/user_rows.hpp"
#include "hub/pages/next_page.hpp"
#include "hub/pages/not_running.hpp"
#include "hub/pages/objects.hpp"
#include "hub/pages/tables.hpp"
#include "store/spawners.hpp"
#include "store/users.hpp"

namespace jhub::hub::pages {
namespace {

using http::Method;
using http::Status;
using rbac::Scope;

constexpr std::chrono::seconds patience_for_failure{1}; // an immediate failure is shown at once

// Whose server the page is about; both names may be left out of the path.
struct Subject {
    model::User user;
    std::string server_name;
};

// Also checks the right to the server: a path without a user is not narrowed by the dispatcher.
struct FindSubject {
    RequestContext const* context;
    Result<Subject> operator()(store::Transaction& transaction) const
    {
        auto const& path_name = context->path_value("user");
        std::string const& name = path_name.empty() ? context->user().name : path_name;
        auto const user = store::find_user(transaction, name);
        if (!user)
            return fail(Errc::not_found, "There is no user of that name.");
        std::string const server = context->path_value("server");
        std::string const full_name = rbac::server_filter(name, server);
        StoredMemberships const memberships(transaction);
        if (!rbac::has_scope(context->principal.scopes, Scope::servers, rbac::Target::server(full_name), memberships))
            return fail(Errc::forbidden, "You may not start this server.");
        return Subject{*user, server};
    }
};

Async<Subject> find_subject(RequestContext& context)
{
    FindSubject const find{&context};
    CO_TRY(Subject subject, co_await context.hub.store.read(find));
    if (!context.principal.user || subject.user.id != context.user().id)
        CO_CHECK(co_await look_up_for_templates(context, subject.user));
    co_return subject;
}

std::string pending_url(RequestContext const& context, Subject const& subject)
{
    QueryFields kept;
    for (auto const& field : context.query)
        if (field.first != "next" && field.first != "_xsrf")
            kept.push_back(field);
    if (auto const next = explicit_next(context))
        kept.emplace_back("next", *next);
    return with_query(context.hub.urls.spawn_pending(subject.user.name, subject.server_name), build_query(kept));
}

Result<http::Response> show_form(RequestContext& context, Subject const& subject, std::string const& form,
                                 Error const& error, Status status)
{
    std::string const uri = with_query(context.request.path, context.request.query);
    jinja::Dict values;
    values.set("for_user", user_object(context, subject.user));
    values.set("auth_state", auth_state_of(context, subject.user));
    values.set("spawner_options_form", jinja::Value::markup(form));
    values.set("error_message", error.message);
    values.set("html_error_message", "");
    values.set("url", with_query(uri, "_xsrf=" + percent_encode(context.xsrf_token())));
    values.set("spawner", spawner_object(context, subject.user, subject.server_name));
    return context.pages.render(context, "spawn.html", std::move(values), status);
}

// Starts, waits a moment for an immediate failure, then leads on to the pending page.
Async<http::Response> spawn(RequestContext& context, Subject subject, std::optional<Json> options)
{
    CO_CHECK(co_await refresh_before_start(context, subject.user));
    StartOrder order{.user = subject.user,
                     .server_name = subject.server_name,
                     .user_options = std::move(options),
                     .when_busy = WhenBusy::queue};
    auto const started = context.hub.launcher.start(std::move(order));
    if (!started && started.error().code != Errc::invalid_state) // a second click: the first one is under way
        co_return std::unexpected(started.error());
    if (started)
        (void)co_await wait_until_settled(*started, patience_for_failure);
    co_return redirect(pending_url(context, subject));
}

Json options_from(QueryFields const& fields, std::vector<http::Upload> const& uploads, bool simple)
{
    Json options = Json::object();
    for (auto const& [name, value] : fields)
        if (name != "_xsrf" && name != "next")
            options[name].push_back(value);
    for (auto const& upload : uploads)
        options[upload.field + "_file"].push_back(
            {{"filename", upload.filename},
             {"body", {{"__jupyterhub_bytes__", true}, {"data", base64_encode(upload.body)}}},
             {"content_type", upload.content_type}});
    if (!simple)
        return options;
    for (auto& [name, value] : options.items())
        if (value.is_array() && value.size() == 1)
            value = value[0] == "on" ? Json(true) : Json(value[0]);
    return options;
}

Async<Json> chosen_options(RequestContext& context, Subject subject, QueryFields fields,
                           std::vector<http::Upload> uploads, FieldsOf what)
{
    auto const& settings = context.hub.settings.spawner;
    bool const asks_class = context.hub.python.has_spawner_class() && settings.options_from_form == "passthrough";
    if (!context.hub.python.has("Spawner.options_from_form") && !asks_class)
        co_return options_from(fields, uploads, settings.options_from_form == "simple");
    Json form = options_from(fields, uploads, false);
    co_return co_await options_by_hook(context, subject.user, subject.server_name, std::move(form), what);
}

// The form once more, with what went wrong.
Async<http::Response> form_again(RequestContext& context, Subject subject, Error error)
{
    CO_TRY(std::string const form, co_await options_form(context, subject.user, subject.server_name));
    co_return show_form(context, subject, form, error, status_of(error.code));
}

// GET /spawn
Async<http::Response> spawn_page(RequestContext& context)
{
    CO_TRY(Subject const subject, co_await find_subject(context));
    if (!subject.server_name.empty()) {
        CO_TRY(auto const limit, co_await named_server_limit(context));
        CO_CHECK(co_await check_named_server(context.hub, subject.user, subject.server_name, limit));
    }
    auto const server = context.hub.servers.find(subject.user.id, subject.server_name);
    std::string const server_url = context.hub.urls.server_url(subject.user.name, subject.server_name);
    if (server && server->ready()) {
        CO_TRY(bool const alive, co_await context.hub.launcher.poll(server));
        if (alive)
            co_return redirect(next_page(context, &subject.user, server_url));
    }
    if (server && server->active())
        co_return redirect(pending_url(context, subject));

    QueryFields given;
    for (auto const& field : context.query)
        if (field.first != "next" && field.first != "_xsrf")
            given.push_back(field);
    if (!given.empty()) {
        auto options = co_await chosen_options(context, subject, given, {}, FieldsOf::query);
        if (options)
            co_return co_await spawn(context, subject, *std::move(options));
        co_return co_await form_again(context, subject, options.error());
    }
    CO_TRY(std::string const form, co_await options_form(context, subject.user, subject.server_name));
    if (!form.empty())
        co_return show_form(context, subject, form, {}, Status::ok);
    co_return co_await spawn(context, subject, std::nullopt);
}

// POST /spawn: the options form comes back.
Async<http::Response> spawn_form(RequestContext& context)
{
    CO_TRY(Subject const subject, co_await find_subject(context));
    auto const server = context.hub.servers.find(subject.user.id, subject.server_name);
    if (server && server->active())
        co_return fail(Errc::invalid_state, "The server is running or starting already.");
    CO_TRY(auto const form, http::parse_form(context.request));
    auto options = co_await chosen_options(context, subject, form.fields, form.uploads, FieldsOf::form);
    if (!options)
        co_return co_await form_again(context, subject, options.error());
    auto answer = co_await spawn(context, subject, *std::move(options));
    if (!answer)
        co_return co_await form_again(context, subject, answer.error());
    co_return answer;
}

Result<http::Response> show_pending(RequestContext& context, Subject const& subject, std::string_view page)
{
    jinja::Dict values;
    values.set("user", user_object(context, subject.user));
    values.set("spawner", spawner_object(context, subject.user, subject.server_name));
    values.set("progress_url", with_query(context.hub.urls.progress(subject.user.name, subject.server_name),
                                          "_xsrf=" + percent_encode(context.xsrf_token())));
    values.set("auth_state", auth_state_of(context, subject.user));
    return context.pages.render(context, page, std::move(values));
}

// GET /spawn-pending: shows how a start is going; never starts one.
Async<http::Response> spawn_pending(RequestContext& context)
{
    CO_TRY(Subject const subject, co_await find_subject(context));
    auto const& hub = context.hub;
    auto const server = hub.servers.find(subject.user.id, subject.server_name);
    if (!server && !subject.server_name.empty()) {
        auto const find = [id = subject.user.id, name = subject.server_name](store::Transaction& transaction) {
            return store::find_spawner(transaction, id, name).has_value();
        };
        CO_TRY(bool const known, co_await context.hub.store.read(find));
        if (!known)
            co_return fail(Errc::not_found, "There is no server of that name.");
    }
    if (server && server->ready())
        co_return redirect(
            next_page(context, &subject.user, hub.urls.server_url(subject.user.name, subject.server_name)));
    if (server && server->active())
        co_return show_pending(context, subject,
                               server->state == ServerState::stopping ? "stop_pending.html" : "spawn_pending.html");
    bool const failed = server && server->failure && !server->failure->cancelled;
    co_return not_running_page(context, subject.user, subject.server_name,
                               failed ? Status::internal_server_error : Status::ok);
}

} // namespace

std::span<Route const> spawn_routes()
{
    static constexpr std::array routes{
        Route{Method::get, "/spawn", rbac::signed_in(), spawn_page, Audit::when_it_redirects},
        Route{Method::post, "/spawn", rbac::signed_in(), spawn_form},
        Route{Method::get, "/spawn/{user}", rbac::needs(Scope::servers).about_server(), spawn_page,
              Audit::when_it_redirects},
        Route{Method::post, "/spawn/{user}", rbac::needs(Scope::servers).about_server(), spawn_form},
        Route{Method::get, "/spawn/{user}/{server}", rbac::needs(Scope::servers), spawn_page, Audit::when_it_redirects},
        Route{Method::post, "/spawn/{user}/{server}", rbac::needs(Scope::servers), spawn_form},
        Route{Method::get, "/spawn-pending/{user}", rbac::needs(Scope::servers).about_server(), spawn_pending},
        Route{Method::get, "/spawn-pending/{user}/{server}", rbac::needs(Scope::servers), spawn_pending},
    };
    return routes;
}

} // namespace jhub::hub::pages

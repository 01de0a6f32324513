// Logging in and out (reference auth-flow.md §5).
#include <array>

#include <fmt/format.h>

#include "auth/pipeline.hpp"
#include "auth/signed_value.hpp"
#include "base/log.hpp"
#include "base/strings.hpp"
#include "http/forms.hpp"
#include "hub/core/identity.hpp"
#include "hub/core/login.hpp"
#include "hub/dispatch/http_status.hpp"
#include "hub/dispatch/page_renderer.hpp"
#include "hub/dispatch/python_questions.hpp"
#include "hub/dispatch/request_context.hpp"
#include "hub/dispatch/responses.hpp"
#include "hub/pages/next_page.hpp"
#include "hub/pages/objects.hpp"
#include "hub/pages/tables.hpp"
#include "store/own_tables.hpp"
#include "store/tokens.hpp"

namespace jhub::hub::pages {
namespace {

using http::Method;
using http::Status;

constexpr std::chrono::hours cookie_life{24 * 30}; // in the browser; the hub itself looks at cookie_max_age_days
constexpr std::size_t longest_echoed_name = 32, kept_of_longer = 16;

struct LoginForm {
    std::string username, error;
    Status status = Status::ok;
};

// What the authenticator shows in place of the form; its failure leaves the form.
Task<std::string> custom_html(RequestContext& context)
{
    auto source = co_await context.hub.authenticator->custom_html(context.hub.urls.hub_prefix());
    if (!source)
        log::error("The authenticator's get_custom_html failed: {}", source.error().message);
    co_return std::move(source).value_or("");
}

Async<http::Response> show_form(RequestContext& context, LoginForm form)
{
    context.send_xsrf_cookie(); // restarts the hour that an anonymous token lives
    auto const next = explicit_next(context);
    std::string const begin = context.hub.authenticator->login_url(context.hub.urls.hub_prefix());
    std::string const action = with_query(begin, next ? build_query({{"next", *next}}) : "");
    jinja::Dict values;
    values.set("next", percent_encode(next.value_or("")));
    values.set("username", form.username);
    values.set("login_error", form.error);
    values.set("login_url", context.hub.urls.hub("login"));
    values.set("authenticator_login_url", action);
    std::string const source = co_await custom_html(context);
    values.set("authenticator", authenticator_object(context.hub, source));
    std::string html;
    if (!source.empty()) {
        CO_TRY(html, context.pages.render_text(context, "custom_html", source, values));
    }
    values.set("custom_html", html.empty() ? jinja::Value("") : jinja::Value::markup(std::move(html)));
    co_return context.pages.render(context, "login.html", std::move(values), form.status);
}

std::string shortened(std::string name)
{
    return printable(name, name.size() > longest_echoed_name ? kept_of_longer : longest_echoed_name);
}

// A value that no other login of the user has, and none that ended: those of a hub that was restarted within the
// second.
Async<std::string> new_login_cookie(RequestContext const& context, model::User user)
{
    constexpr int tries = 60;
    for (int i = 0; i < tries; ++i) {
        auto const time = context.hub.login_times.take(user.id, context.hub.now());
        std::string value =
            auth::create_signed_value(context.hub.cookie_secret, context.login_cookie_name(), user.cookie_id, time);
        auto const is_ended = [key = login_key(value)](store::Transaction& transaction) {
            return store::is_ended_login(transaction, key);
        };
        CO_TRY(bool const ended, co_await context.hub.store.read(is_ended));
        if (!ended)
            co_return value;
    }
    co_return fail(Errc::unavailable, "Too many logins at once. Please try again in a minute.");
}

void send_login_cookie(RequestContext& context, std::string value)
{
    bool const host_prefix = context.hub.settings.hub.cookie_host_prefix_enabled;
    http::SetCookie cookie;
    cookie.name = context.login_cookie_name();
    cookie.value = std::move(value);
    cookie.path = host_prefix ? "/" : context.hub.urls.hub_prefix();
    cookie.http_only = true;
    cookie.same_site = "Lax";
    cookie.secure = context.secure() || host_prefix;
    cookie.expires = context.hub.now() + cookie_life;
    context.set_cookie(std::move(cookie));
}

// The tokens of this browser's session end, and its login cookie is worth nothing any more, wherever a copy of it is.
Async<> end_session(RequestContext const& context)
{
    auto const cookie = http::find_cookie(context.cookies, context.login_cookie_name());
    auto const end = [id = context.user().id, session = context.principal.session_id,
                      key = cookie ? login_key(*cookie) : std::string(),
                      until = context.hub.now() +
                              context.hub.settings.hub.cookie_max_age](store::Transaction& transaction) {
        if (!key.empty())
            store::end_login(transaction, key, until);
        return session.empty() ? 0 : store::delete_tokens_of_session(transaction, id, session);
    };
    CO_CHECK(co_await context.hub.store.write(end));
    co_return Result<>{};
}

// Nothing of the visitor's session is adopted: one planted by somebody else ends here, and so does the login before.
Async<http::Response> welcome(RequestContext& context, model::User user)
{
    if (context.principal.user)
        CO_CHECK(co_await end_session(context));
    context.principal.user = user;
    context.renew_session();
    CO_TRY(std::string cookie, co_await new_login_cookie(context, user));
    send_login_cookie(context, std::move(cookie));
    context.send_xsrf_cookie();
    CO_CHECK(co_await default_url(context));
    co_return redirect(next_page(context, &user));
}

// POST /login
Async<http::Response> log_in_by_form(RequestContext& context)
{
    if (!context.hub.authenticator->has_login_form())
        co_return fail(Errc::not_found, "");
    CO_TRY(auto const form, http::parse_form(context.request));
    for (std::string_view const name : {"username", "password"})
        if (std::ranges::count(form.fields, name, &QueryFields::value_type::first) > 1)
            co_return fail(Errc::invalid_argument, fmt::format("The field {} was sent twice.", name));
    auth::Credentials credentials;
    for (auto const& field : form.fields)
        if (field.first != "_xsrf")
            credentials.all.push_back(field);
    credentials.username = trim(query_value(form.fields, "username").value_or(""));
    credentials.password = query_value(form.fields, "password").value_or("");
    credentials.otp = query_value(form.fields, "otp").value_or("");
    credentials.remote_address = context.client_address();
    CO_TRY(credentials.request, co_await describe_login_request(context));
    std::string const typed = shortened(credentials.username);
    context.claimed_name = typed;

    auto const user = co_await log_in(context.hub, std::move(credentials));
    if (!user && user.error().status != 0) // the site's own answer, on a page of its own as upstream
        co_return context.pages.error_page(context,
                                           {static_cast<Status>(user.error().status), user.error().message, {}});
    if (!user) {
        LoginForm again{typed, user.error().message, status_of(user.error().code)};
        auto response = co_await show_form(context, std::move(again));
        if (response && user.error().code == Errc::too_many)
            response->headers.set("Retry-After", user.error().detail);
        co_return response;
    }
    co_return co_await welcome(context, *user);
}

// auto_login without a form: the authenticator looks at the request, a header of a gateway for example.
Async<http::Response> log_in_by_request(RequestContext& context)
{
    if (!context.hub.authenticator->reads_requests())
        co_return fail(Errc::forbidden, "This hub was told to log people in automatically, which its authenticator "
                                        "cannot do. Ask an administrator.");
    auth::Credentials credentials;
    credentials.how = auth::Credentials::How::by_request;
    credentials.remote_address = context.client_address();
    CO_TRY(credentials.request, co_await describe_login_request(context));
    auto const user = co_await log_in(context.hub, std::move(credentials));
    if (user)
        co_return co_await welcome(context, *user);
    LoginProblem const& problem = user.error();
    if (problem.status != 0)
        co_return context.pages.error_page(context, {static_cast<Status>(problem.status), problem.message, {}});
    if (problem.code == Errc::forbidden && problem.message == auth::invalid_login_message)
        co_return fail(Errc::forbidden, "Nothing in this request tells who you are, or you may not enter.");
    co_return std::unexpected<Error>(problem);
}

// GET /login
Async<http::Response> log_in_or_ask(RequestContext& context)
{
    Hub const& hub = context.hub;
    if (context.principal.user) {
        (void)context.xsrf_token();
        CO_CHECK(co_await default_url(context));
        co_return redirect(next_page(context, &context.user()));
    }
    if (!hub.authenticator->has_login_form())
        co_return fail(Errc::not_found, "");
    std::string const begin = hub.authenticator->login_url(hub.urls.hub_prefix());
    if (hub.settings.authenticator.auto_login && begin != hub.urls.hub("login")) {
        auto const next = explicit_next(context);
        co_return redirect(with_query(begin, next ? build_query({{"next", *next}}) : ""));
    }
    if (hub.settings.authenticator.auto_login)
        co_return co_await log_in_by_request(context);
    LoginForm form{.username = context.argument("username").value_or(""), .error = {}};
    co_return co_await show_form(context, std::move(form));
}

// GET /logout: the tokens of this browser session end, here and in the servers it had opened.
Async<http::Response> log_out(RequestContext& context)
{
    if (context.principal.user) {
        if (context.hub.settings.hub.shutdown_on_logout)
            for (auto const& server : context.hub.servers.of_user(context.user().id))
                if (server->ready())
                    context.hub.launcher.stop(server);
        CO_CHECK(co_await end_session(context));
        log::info("User logged out: {}", context.user().name);
        auto const& urls = context.hub.urls;
        bool const host_prefix = context.hub.settings.hub.cookie_host_prefix_enabled;
        context.clear_cookie(context.login_cookie_name(), host_prefix ? "/" : urls.hub_prefix());
        context.clear_cookie(std::string(session_cookie_name), urls.base());
        context.clear_cookie("jupyterhub-services", urls.base() + "services");
        context.clear_cookie("_xsrf", urls.hub_prefix());
    }
    if (!context.hub.settings.authenticator.auto_login)
        co_return redirect(context.hub.urls.hub("login"));
    context.principal.user.reset();
    co_return context.pages.render(context, "logout.html", {});
}

} // namespace

// What was typed is not echoed: another site may have typed it.
Async<http::Response> login_form_again(RequestContext& context)
{
    if (!context.hub.authenticator->has_login_form())
        co_return fail(Errc::not_found, "");
    LoginForm form{{}, "This form was open too long, or cookies are off. Please try again.", Status::forbidden};
    co_return co_await show_form(context, std::move(form));
}

std::span<Route const> login_routes()
{
    static constexpr std::array routes{
        Route{Method::get, "/login", rbac::anyone(), log_in_or_ask},
        Route{Method::post, "/login", rbac::anyone(), log_in_by_form},
        Route{Method::get, "/logout", rbac::anyone(), log_out, Audit::always},
    };
    return routes;
}

} // namespace jhub::hub::pages

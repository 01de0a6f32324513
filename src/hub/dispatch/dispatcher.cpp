#include "hub/dispatch/dispatcher.hpp"

#include <fmt/format.h>

#include "base/log.hpp"
#include "base/random.hpp"
#include "base/strings.hpp"
#include "hub/dispatch/access_log.hpp"
#include "hub/dispatch/audit_entry.hpp"
#include "hub/dispatch/credentials.hpp"
#include "hub/dispatch/finish.hpp"
#include "hub/dispatch/handler_names.hpp"
#include "hub/dispatch/http_status.hpp"
#include "hub/dispatch/misdirected.hpp"
#include "hub/dispatch/python_questions.hpp"
#include "hub/dispatch/refresh_login.hpp"
#include "hub/dispatch/responses.hpp"
#include "hub/dispatch/user_rows.hpp"

namespace jhub::hub {
namespace {

constexpr std::size_t longest_reason = 1024;
constexpr std::string_view retry_after = "5"; // seconds; what is unavailable is often back by then

rbac::PathNames names_of(Match const& match)
{
    rbac::PathNames names;
    auto const take = [&](char const* key, std::optional<std::string>& into) {
        if (auto const found = match.values.find(key); found != match.values.end())
            into = found->second;
    };
    take("user", names.user);
    take("group", names.group);
    take("service", names.service);
    take("server", names.server);
    names.has_server = match.has_server;
    if (match.route && match.route->requirement.is_about_server()) {
        names.has_server = true;
        names.server = names.server.value_or("");
    }
    return names;
}

// While a server is on its way into another state, answers about it change without a commit.
bool can_be_kept(RequestContext const& context, Route const& route)
{
    return route.reuse == Reuse::while_nothing_changed && context.principal.number != 0 &&
           context.hub.servers.settled();
}

// All that the answer may depend on besides data and servers.
std::string question_of(RequestContext const& context)
{
    Site const site = context.site();
    return fmt::format("{} {}\n{}\n{}://{}", context.principal.number, context.request.target,
                       context.header("Accept").value_or(""), site.scheme, site.host);
}

// What the route asks for, for the operator who wonders.
std::string needed_scopes(RequestContext const& context)
{
    std::string names;
    if (context.route)
        for (auto const scope : context.route->requirement.any_of())
            names.append(names.empty() ? "needs " : " or ").append(context.hub.scopes.name(scope));
    return names;
}

// A page that does not exist has the frame of whoever asks for it, and so their name in it; without an answer,
// nobody's.
Task<> find_visitor(RequestContext& context)
{
    if (context.surface != Surface::page || context.request.method != http::Method::get)
        co_return;
    RouteTable const like_pages{Surface::page, Credentials::cookie, false, {}};
    Claim claim = claim_of(context, like_pages);
    rbac::PathTarget const nothing;
    auto identified = co_await identify(context.hub, std::move(claim), rbac::anyone(), nothing);
    if (!identified || !identified->principal.user)
        co_return;
    context.principal = std::move(identified->principal);
    if (auto const known = co_await look_up_for_templates(context, context.user()); !known)
        context.principal = {};
}

} // namespace

Dispatcher::Dispatcher(Hub& hub, PageRenderer& pages, Router const& router) : hub_(hub), pages_(pages), router_(router)
{
}

Task<http::Response> Dispatcher::handle(http::Request request)
{
    auto const begun = std::chrono::steady_clock::now();
    std::string client_address = hub_.forwarded.client_of(request);
    RequestContext context(hub_, pages_, std::move(request), std::move(client_address));
    http::Response response;
    try {
        response = co_await answer(context);
    } catch (std::exception const& problem) {
        std::string const id = random_hex32().substr(0, 8);
        log::error("Request {} {} failed (id {}): {}", context.request.method_text,
                   printable(without_secrets(context.request.path)), id, problem.what());
        response =
            refusal(context, http::Status::internal_server_error, fmt::format("Internal Server Error (id {})", id));
    }
    finish(context, response);
    if (auto const entry = audit_entry(context, response))
        hub_.audit.record(*entry);
    auto const took = std::chrono::steady_clock::now() - begun;
    hub_.metrics->observe_request(http::to_string(context.request.method), context.handler_name,
                                  http::to_int(response.status), took);
    write_log(context, response, took);
    co_return response;
}

Task<http::Response> Dispatcher::answer(RequestContext& context)
{
    if (auto moved = leave_prefix(context)) {
        context.handler_name = redirect_handler_name;
        co_return *std::move(moved);
    }
    std::string_view const path = std::string_view(context.request.path).substr(hub_.urls.hub_prefix().size() - 1);
    auto match = router_.find(context.request.method, path);
    context.handler_name = match ? match->handler_name : unmatched_handler_name(context.surface);
    if (!match) {
        co_await find_visitor(context);
        co_return refuse(context, http::Status::not_found);
    }
    context.surface = match->table->surface;
    if (auto moved = leave_subdomain(context, *match->table))
        co_return *std::move(moved);
    context.route = match->route;
    context.path = std::move(match->values);
    match->values = context.path;
    co_return co_await answer_match(context, *match);
}

Task<http::Response> Dispatcher::answer_match(RequestContext& context, Match const& match)
{
    if (context.surface == Surface::api && context.request.method == http::Method::options)
        co_return empty_response(http::Status::ok, "application/json");

    auto const identified = co_await authenticate(context, match);
    if (!identified)
        co_return refuse(context, identified.error());
    context.principal = identified->principal;
    context.asked_by = context.principal.name();

    if (!passes_xsrf(context, *match.table))
        co_return co_await answer_untrusted(context, *match.table);
    if (!match.route) {
        http::Response response = refuse(context, http::Status::method_not_allowed);
        response.headers.set("Allow", match.allowed);
        co_return response;
    }
    if (identified->access != rbac::Access::granted)
        co_return refuse_access(context, identified->access, match.table->login_start);
    if (context.surface == Surface::page) {
        if (context.principal.user && !context.principal.by_token())
            context.ensure_session();
        if (context.principal.user)
            if (auto const known = co_await look_up_for_templates(context, context.user()); !known)
                co_return refuse(context, known.error());
        co_await ask_template_vars(context);
    }
    co_return co_await ask_handler(context, match);
}

// Who asks, and whether they may. A login that turns out to be stale or changed makes another person of them.
Async<Identified> Dispatcher::authenticate(RequestContext& context, Match const& match) const
{
    rbac::Requirement const requirement = match.route ? match.route->requirement : rbac::decided_by_handler();
    rbac::PathTarget const target = rbac::target_of(names_of(match));
    Claim claim = claim_of(context, *match.table);
    auto identified = co_await identify(hub_, claim, requirement, target);
    if (!identified || !identified->principal.user)
        co_return identified;
    context.principal = identified->principal;
    auto const refreshed = co_await refresh_login(context, *context.principal.user, RefreshWhen::due);
    if (refreshed == Refreshed::fresh)
        co_return identified;
    if (refreshed == Refreshed::stale)
        claim = Claim();
    co_return co_await identify(hub_, claim, requirement, target);
}

Task<http::Response> Dispatcher::answer_untrusted(RequestContext& context, RouteTable const& table) const
{
    if (!table.when_xsrf_fails)
        co_return refuse(
            context, http::Status::forbidden,
            "This request did not carry the token that protects you from other sites. Reload the page and try again.");
    auto answered = co_await table.when_xsrf_fails(context);
    co_return answered ? *std::move(answered) : refuse(context, answered.error());
}

// The handler's answer, or the one that it gave before when nothing has changed since.
Task<http::Response> Dispatcher::ask_handler(RequestContext& context, Match const& match)
{
    auto const version = can_be_kept(context, *match.route) ? hub_.store.data_version() : std::optional<std::int64_t>();
    KeptAnswers::Stamp const stamp{version.value_or(-1), hub_.servers.revision()};
    std::string question = version ? question_of(context) : std::string();
    if (auto const kept = version ? kept_answers_.find(question, stamp) : nullptr) {
        http::Response response;
        response.headers.set("Content-Type", kept->content_type);
        response.headers.set("ETag", kept->etag);
        response.body = kept->body;
        co_return response;
    }
    auto answered = co_await match.route->handler(context);
    if (!answered)
        co_return refuse(context, answered.error());
    if (version && answered->status == http::Status::ok && !answered->stream) {
        std::string const etag = etag_of(answered->body);
        answered->headers.set("ETag", etag);
        kept_answers_.keep(std::move(question), stamp,
                           {std::string(answered->headers.get("Content-Type").value_or("")), answered->body, etag});
    }
    co_return *std::move(answered);
}

http::Response Dispatcher::refuse_access(RequestContext& context, rbac::Access access, LoginStart start) const
{
    if (access == rbac::Access::hidden)
        return refuse(context,
                      Error{Errc::not_found, "", "what is asked for is outside of the scopes of whoever asks"});
    if (context.principal.identified())
        return refuse(context, Error{Errc::forbidden, "You are not allowed to do this.", needed_scopes(context)});
    if (context.surface == Surface::page && context.request.method == http::Method::get)
        return ask_to_log_in(context, start);
    return refuse(context, http::Status::forbidden, "Missing or invalid credentials.");
}

http::Response Dispatcher::ask_to_log_in(RequestContext const& context, LoginStart start) const
{
    std::string const uri = with_query(context.request.path, context.request.query);
    if (start == LoginStart::hub || !hub_.settings.authenticator.auto_login_oauth2_authorize)
        return redirect(with_query(hub_.urls.hub("login"), build_query({{"next", uri}})));
    // As upstream: an address with a query of its own gets none of ours, another site learns where this one is.
    std::string const url = hub_.authenticator->login_url(hub_.urls.hub_prefix());
    if (url.find('?') != std::string::npos)
        return redirect(url);
    auto const site = context.site();
    std::string const origin = url.starts_with("/") ? "" : site.scheme + "://" + site.host;
    return redirect(with_query(url, build_query({{"next", origin + uri}})));
}

http::Response Dispatcher::refuse(RequestContext& context, Error const& error) const
{
    log_reason(context, status_of(error.code), error);
    http::Response response = refusal(context, status_of(error.code), error.message);
    if (error.code == Errc::unavailable)
        response.headers.set("Retry-After", retry_after);
    return response;
}

http::Response Dispatcher::refuse(RequestContext& context, http::Status status, std::string message) const
{
    log_reason(context, status, {Errc::forbidden, message, ""});
    return refusal(context, status, std::move(message));
}

// The operator reads why, whatever the client sees.
void Dispatcher::log_reason(RequestContext const& context, http::Status status, Error const& error)
{
    bool const is_ours = http::to_int(status) >= 500;
    if (!is_ours && error.message.empty() && error.detail.empty())
        return; // the line of the request says it all: a 404
    std::string const reason = error.message.empty() ? "no reason was given" : printable(error.message, longest_reason);
    std::string const more = error.detail.empty() ? "" : " (" + printable(error.detail, longest_reason) + ")";
    log::message(is_ours ? log::Level::error : log::Level::warning, "{} {}: {}{}", context.request.method_text,
                 printable(without_secrets(context.request.path)), reason, more);
}

http::Response Dispatcher::refusal(RequestContext& context, http::Status status, std::string message) const
{
    if (context.surface == Surface::api)
        return json_error(status, message);
    return pages_.error_page(context, {status, std::move(message), {}});
}

void Dispatcher::write_log(RequestContext const& context, http::Response const& response,
                           std::chrono::steady_clock::duration took) const
{
    std::string const user = context.principal.name();
    AccessEntry entry;
    entry.status = http::to_int(response.status);
    entry.method = context.request.method_text;
    entry.uri = context.request.target;
    entry.location = response.headers.get("Location").value_or("");
    entry.user = user;
    entry.address = context.client_address();
    entry.took = took;
    entry.quiet =
        context.request.path.starts_with(hub_.urls.hub("static/")) || context.request.path == hub_.urls.hub("health");
    log::Level const level = access_level(entry);
    if (log::enabled(level))
        log::message(level, "{}", access_line(entry));
}

} // namespace jhub::hub

#include "hub/dispatch/dispatcher.hpp"
#include "hub/dispatch/python_questions.hpp"

#include <fmt/format.h>

#include "auth/signed_value.hpp"
#include "auth/xsrf.hpp"
#include "base/crypto.hpp"
#include "base/encoding.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/strings.hpp"
#include "http/forms.hpp"
#include "hub/dispatch/access_log.hpp"
#include "hub/dispatch/audit_entry.hpp"
#include "hub/dispatch/handler_names.hpp"
#include "hub/dispatch/http_status.hpp"
#include "hub/dispatch/refresh_login.hpp"
#include "hub/dispatch/responses.hpp"

namespace jhub::hub {
namespace {

constexpr std::string_view retry_after = "5"; // seconds; what is unavailable is often back by then

// "token X" or "Bearer X", any case, nothing after it (reference rest-api.md §1.2).
std::optional<std::string> token_of(std::optional<std::string_view> authorization)
{
    if (!authorization)
        return std::nullopt;
    auto const blank = authorization->find_first_of(" \t");
    if (blank == std::string_view::npos)
        return std::nullopt;
    auto const scheme = authorization->substr(0, blank);
    auto const token = trim(authorization->substr(blank));
    bool const known = equals_ignoring_case(scheme, "token") || equals_ignoring_case(scheme, "bearer");
    if (!known || token.empty() || token.find_first_of(" \t") != std::string_view::npos)
        return std::nullopt;
    return std::string(token);
}

// A form posted by another site carries the cookie but cannot have this content type.
bool cookie_counts(http::Request const& request)
{
    if (request.method != http::Method::post)
        return true;
    auto const type = request.headers.get("Content-Type");
    if (!type)
        return true;
    for (auto const& part : split(*type, ';'))
        if (trim(part).starts_with("application/json"))
            return true;
    return false;
}

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

// The argument _xsrf of query or form, else one of the two headers.
std::string submitted_xsrf(RequestContext const& context)
{
    if (auto const argument = context.argument("_xsrf"))
        return *argument;
    if (auto const form = http::parse_form(context.request))
        if (auto const field = query_value(form->fields, "_xsrf"))
            return *field;
    for (std::string_view const name : {"X-Xsrftoken", "X-Csrftoken"})
        if (auto const value = context.header(name))
            return std::string(*value);
    return {};
}

std::string content_policy(Hub const& hub, Surface surface)
{
    std::string policy = fmt::format("frame-ancestors 'none'; report-uri {}", hub.urls.hub("security/csp-report"));
    return surface == Surface::api ? policy + "; default-src 'none'" : policy;
}

bool etag_matches(std::string_view header, std::string_view etag)
{
    for (auto const& candidate : split(header, ',')) {
        auto text = trim(candidate);
        if (text.starts_with("W/"))
            text.remove_prefix(2);
        if (text == "*" || text == etag)
            return true;
    }
    return false;
}

std::string etag_of(std::string_view body) { return "\"" + hex_encode(sha1(body)) + "\""; }

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

} // namespace

Dispatcher::Dispatcher(Hub& hub, PageRenderer& pages, Router const& router) : hub_(hub), pages_(pages), router_(router)
{
}

Task<http::Response> Dispatcher::handle(http::Request request)
{
    auto const begun = std::chrono::steady_clock::now();
    RequestContext context(hub_, pages_, std::move(request));
    http::Response response;
    try {
        response = co_await answer(context);
    } catch (std::exception const& problem) {
        std::string const id = random_hex32().substr(0, 8);
        log::error("Request {} {} failed (id {}): {}", context.request.method_text,
                   printable(without_secrets(context.request.path)), id, problem.what());
        response = refuse(context, nullptr, http::Status::internal_server_error,
                          fmt::format("Internal Server Error (id {})", id));
        finish(context, nullptr, response);
    }
    if (auto const entry = audit_entry(context, response))
        hub_.audit.record(*entry);
    auto const took = std::chrono::steady_clock::now() - begun;
    hub_.metrics->observe_request(http::to_string(context.request.method), context.handler_name,
                                  http::to_int(response.status), took);
    write_log(context, response, took);
    co_return response;
}

// Everything outside the hub's prefix is sent into it (reference http-pages.md §1, §5).
std::optional<http::Response> Dispatcher::leave_prefix(RequestContext& context) const
{
    std::string_view path = context.request.path;
    auto const& prefix = hub_.urls.hub_prefix();
    if (path.starts_with(prefix))
        return std::nullopt;
    std::string const collapsed = "/" + std::string(path.substr(std::min(path.find_first_not_of('/'), path.size())));
    if (collapsed + "/" == prefix)
        return redirect(with_query(prefix, context.request.query), http::Status::moved_permanently);
    auto const& base = hub_.urls.base();
    std::string_view rest = collapsed;
    if (rest.starts_with(base))
        rest.remove_prefix(base.size());
    else
        rest.remove_prefix(1);
    for (std::string_view const kind : {"user/", "services/"})
        if (rest.starts_with(kind) && rest.size() > kind.size() &&
            rest.find('/', kind.size()) == std::string_view::npos)
            return redirect(with_query(collapsed + "/", context.request.query), http::Status::moved_permanently);
    return redirect(hub_.urls.public_origin() + with_query(prefix + std::string(rest), context.request.query));
}

// With subdomains, pages that know a person are served at the hub's own host only: at the host of a user's server they
// would share an origin with what runs there.
std::optional<http::Response> Dispatcher::leave_subdomain(RequestContext const& context, RouteTable const& table) const
{
    if (!hub_.urls.has_subdomains() || table.surface == Surface::api || table.credentials == Credentials::none)
        return std::nullopt;
    std::string_view host = context.header("Host").value_or("");
    host = host.substr(0, host.rfind(':'));
    if (host.ends_with('.')) // the same host, written in full
        host.remove_suffix(1);
    if (!to_lower(host).ends_with("." + hub_.urls.domain()))
        return std::nullopt;
    return redirect(hub_.urls.public_origin() + with_query(context.request.path, context.request.query));
}

Task<http::Response> Dispatcher::answer(RequestContext& context)
{
    if (auto moved = leave_prefix(context)) {
        context.handler_name = redirect_handler_name;
        finish(context, nullptr, *moved);
        co_return *std::move(moved);
    }
    std::string_view const path = std::string_view(context.request.path).substr(hub_.urls.hub_prefix().size() - 1);
    auto match = router_.find(context.request.method, path);
    bool const below_api = path.starts_with("/api/");
    context.handler_name =
        match ? match->handler_name : unmatched_handler_name(below_api ? Surface::api : Surface::page);
    if (!match) {
        http::Response response = refuse(context, nullptr, http::Status::not_found, "");
        finish(context, nullptr, response);
        co_return response;
    }
    if (auto moved = leave_subdomain(context, *match->table)) {
        finish(context, match->table, *moved);
        co_return *std::move(moved);
    }
    context.route = match->route;
    context.path = std::move(match->values);
    match->values = context.path;
    http::Response response = co_await answer_match(context, *match);
    finish(context, match->table, response);
    co_return response;
}

Claim Dispatcher::claim_of(RequestContext& context, Match const& match) const
{
    Claim claim;
    if (match.table->credentials == Credentials::none)
        return claim;
    if (auto const session = http::find_cookie(context.cookies, "jupyterhub-session-id"))
        claim.session_id = session->substr(0, 64);
    if (match.table->credentials == Credentials::token_or_cookie)
        claim.token = token_of(context.header("Authorization"));
    if (match.table->surface == Surface::api && !cookie_counts(context.request))
        return claim;
    auto const max_age = std::chrono::seconds(static_cast<std::int64_t>(hub_.settings.hub.cookie_max_age_days * 86400));
    if (auto const cookie = http::find_cookie(context.cookies, context.login_cookie_name())) {
        claim.cookie_id =
            auth::decode_signed_value(hub_.cookie_secret, context.login_cookie_name(), *cookie, max_age, hub_.now());
        claim.cookie_key = login_key(*cookie);
    }
    return claim;
}

bool Dispatcher::passes_xsrf(RequestContext& context, Match const& match) const
{
    if (!match.table->check_xsrf)
        return true;
    auth::XsrfQuestion question;
    question.method = context.request.method_text;
    question.sec_fetch_mode = context.header("Sec-Fetch-Mode");
    question.sec_fetch_site = context.header("Sec-Fetch-Site");
    question.has_user = context.principal.identified();
    question.by_token = context.principal.by_token();
    question.has_origin = context.header("Origin").has_value();
    question.is_api = match.table->surface == Surface::api;
    if (!auth::xsrf_required(question))
        return true;
    return auth::xsrf_matches(submitted_xsrf(context), context.xsrf_token());
}

Task<http::Response> Dispatcher::answer_match(RequestContext& context, Match const& match)
{
    if (match.table->surface == Surface::api && context.request.method == http::Method::options)
        co_return empty_response(http::Status::ok, "application/json");

    rbac::Requirement const requirement = match.route ? match.route->requirement : rbac::decided_by_handler();
    auto identified = co_await identify(hub_, claim_of(context, match), requirement, rbac::target_of(names_of(match)));
    if (identified && identified->principal.user) {
        context.principal = identified->principal;
        auto const refreshed = co_await refresh_login(context, *context.principal.user, RefreshWhen::due);
        if (refreshed != Refreshed::fresh) { // another person now, as it were
            Claim claim = refreshed == Refreshed::stale ? Claim() : claim_of(context, match);
            identified = co_await identify(hub_, std::move(claim), requirement, rbac::target_of(names_of(match)));
        }
    }
    if (!identified)
        co_return refuse(context, match.table, identified.error());
    context.principal = identified->principal;
    context.asked_by = context.principal.name();

    bool const trusted = passes_xsrf(context, match);
    if (!trusted && match.table->when_xsrf_fails) {
        auto answered = co_await match.table->when_xsrf_fails(context);
        co_return answered ? *std::move(answered) : refuse(context, match.table, answered.error());
    }
    if (!trusted)
        co_return refuse(
            context, match.table, http::Status::forbidden,
            "This request did not carry the token that protects you from other sites. Reload the page and try again.");
    if (!match.route) {
        http::Response response = refuse(context, match.table, http::Status::method_not_allowed, "");
        response.headers.set("Allow", match.allowed);
        co_return response;
    }
    if (identified->access == rbac::Access::hidden)
        co_return refuse(context, match.table, http::Status::not_found, "");
    if (identified->access == rbac::Access::forbidden) {
        bool const navigation = match.table->surface == Surface::page && context.request.method == http::Method::get;
        if (navigation && !context.principal.identified())
            co_return ask_to_log_in(context);
        co_return refuse(context, match.table, http::Status::forbidden,
                         context.principal.identified() ? "You are not allowed to do this."
                                                        : "Missing or invalid credentials.");
    }
    if (match.table->surface == Surface::page && context.principal.user && !context.principal.by_token())
        context.ensure_session();
    if (match.table->surface == Surface::page)
        co_await ask_template_vars(context);
    co_return co_await ask_handler(context, match);
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
        co_return refuse(context, match.table, answered.error());
    if (version && answered->status == http::Status::ok && !answered->stream) {
        std::string const etag = etag_of(answered->body);
        answered->headers.set("ETag", etag);
        kept_answers_.keep(std::move(question), stamp,
                           {std::string(answered->headers.get("Content-Type").value_or("")), answered->body, etag});
    }
    co_return *std::move(answered);
}

http::Response Dispatcher::ask_to_log_in(RequestContext& context) const
{
    std::string const uri = with_query(context.request.path, context.request.query);
    return redirect(with_query(hub_.urls.hub("login"), build_query({{"next", uri}})));
}

http::Response Dispatcher::refuse(RequestContext& context, RouteTable const* table, Error const& error) const
{
    if (!error.detail.empty())
        log::warning("{} {}: {} ({})", context.request.method_text, printable(without_secrets(context.request.path)),
                     error.message, error.detail);
    http::Response response = refuse(context, table, status_of(error.code), error.message);
    if (error.code == Errc::unavailable)
        response.headers.set("Retry-After", retry_after);
    return response;
}

http::Response Dispatcher::refuse(RequestContext& context, RouteTable const* table, http::Status status,
                                  std::string message) const
{
    bool const api = table ? table->surface == Surface::api : context.request.path.starts_with(hub_.urls.hub("api/"));
    if (api)
        return json_error(status, message);
    return pages_.error_page(context, {status, std::move(message), {}});
}

void Dispatcher::finish(RequestContext& context, RouteTable const* table, http::Response& response) const
{
    Surface const surface = table                                                     ? table->surface
                            : context.request.path.starts_with(hub_.urls.hub("api/")) ? Surface::api
                                                                                      : Surface::page;
    auto const set_default = [&](std::string_view name, std::string_view value) {
        if (!response.headers.has(name))
            response.headers.set(name, value);
    };
    set_default("X-JupyterHub-Version", jupyterhub_version);
    set_default("Content-Security-Policy", content_policy(hub_, surface));
    set_default("Access-Control-Allow-Headers", "accept, content-type, authorization");
    set_default("X-Content-Type-Options", "nosniff");
    set_default("Referrer-Policy", "same-origin");
    for (auto const& [name, value] : hub_.settings.hub.tornado_settings.headers)
        response.headers.set(name, value);
    for (auto const& cookie : context.cookies_to_send())
        response.headers.add("Set-Cookie", http::to_header(cookie));

    bool const cacheable =
        context.request.method == http::Method::get && response.status == http::Status::ok && !response.stream;
    if (!cacheable)
        return;
    if (!response.headers.has("ETag"))
        response.headers.set("ETag", etag_of(response.body));
    auto const known = context.header("If-None-Match");
    if (known && etag_matches(*known, *response.headers.get("ETag"))) {
        response.status = http::Status::not_modified;
        response.body.clear();
    }
}

void Dispatcher::write_log(RequestContext const& context, http::Response const& response,
                           std::chrono::steady_clock::duration took) const
{
    std::string const user = context.principal.name();
    std::string const address = context.client_address();
    AccessEntry entry;
    entry.status = http::to_int(response.status);
    entry.method = context.request.method_text;
    entry.uri = context.request.target;
    entry.location = response.headers.get("Location").value_or("");
    entry.user = user;
    entry.address = address;
    entry.took = took;
    entry.quiet =
        context.request.path.starts_with(hub_.urls.hub("static/")) || context.request.path == hub_.urls.hub("health");
    log::Level const level = access_level(entry);
    if (log::enabled(level))
        log::message(level, "{}", access_line(entry));
}

} // namespace jhub::hub

// Asks whether a server or service may know who somebody is, and sends them back with a code (reference auth-flow.md
// §6.2). Seen by browsers: errors that the client may know go back to it, all others are pages.
#include <fmt/format.h>

#include "auth/oauth_code.hpp"
#include "auth/token_hash.hpp"
#include "base/log.hpp"
#include "base/strings.hpp"
#include "http/forms.hpp"
#include "hub/core/identity.hpp"
#include "hub/core/wanted_row.hpp"
#include "hub/dispatch/page_renderer.hpp"
#include "hub/dispatch/request_context.hpp"
#include "hub/dispatch/responses.hpp"
#include "hub/oauth/consent.hpp"
#include "hub/oauth/tables.hpp"
#include "rbac/oauth_scopes.hpp"
#include "store/oauth.hpp"
#include "store/roles.hpp"

namespace jhub::hub::oauth {
namespace {

using http::Method;

constexpr std::chrono::seconds code_lifetime{300};
constexpr std::int64_t most_codes = 100; // of one user for one client, used ones too; then the oldest gives way
constexpr std::array<std::string_view, 7> parameters{"client_id", "redirect_uri",   "response_type",        "state",
                                                     "scope",     "code_challenge", "code_challenge_method"};

// What is asked for, and what this user can give of it.
struct Scopes {
    std::vector<std::string> requested, granted;
};
std::optional<Scopes> load_scopes(store::Transaction& transaction, rbac::OAuthRequest const& request,
                                  std::vector<std::string> const& role_scopes, rbac::ScopeRegistry const& registry)
{
    StoredMemberships const memberships(transaction);
    rbac::Context const context{registry, memberships};
    auto const role = [&](std::string_view name) -> std::optional<std::vector<std::string>> {
        auto const found = store::find_role(transaction, name);
        return found ? std::optional(found->scopes) : std::nullopt;
    };
    auto requested = rbac::requested_scopes(request, role, context);
    if (!requested)
        return std::nullopt;
    auto granted = rbac::granted_scopes(*requested, role_scopes, request, context).allowed;
    return Scopes{*std::move(requested), std::move(granted)};
}

// A request that has passed the checks which must not lead back to the client.
struct Authorization {
    model::OAuthClient client;
    rbac::Client stands_for;
    std::string redirect_uri, state;
    std::optional<Scopes> scopes; // nothing: invalid_scope
};

http::Response send_back(Authorization const& authorization, QueryFields fields)
{
    if (!authorization.state.empty())
        fields.emplace_back("state", authorization.state);
    return redirect(with_query(authorization.redirect_uri, build_query(fields)));
}

http::Response send_error(Authorization const& authorization, std::string_view error, std::string_view description)
{
    return send_back(authorization, {{"error", std::string(error)}, {"error_description", std::string(description)}});
}

struct LoadAuthorization {
    std::string client_id, redirect_uri, state, scope, user_name;
    std::vector<std::string> role_scopes;
    rbac::ScopeRegistry const* registry;
    Result<Authorization> operator()(store::Transaction& transaction) const
    {
        auto const client = store::find_oauth_client(transaction, client_id);
        if (!client || client->secret.empty())
            return fail(Errc::invalid_argument,
                        fmt::format("There is no OAuth client with the id {}.", printable(client_id)));
        if (!redirect_uri.empty() && redirect_uri != client->redirect_uri)
            return fail(Errc::invalid_argument, "The redirect_uri is not the one that this client registered.");
        Authorization found{.client = *client, .stands_for = client_of(transaction, client_id)};
        if (found.stands_for.kind == rbac::ClientKind::unknown)
            return fail(Errc::failed, "This OAuth client belongs to no server or service any more.");
        found.redirect_uri = client->redirect_uri;
        found.state = state;
        rbac::OAuthRequest const request{
            scope, client->allowed_scopes, {rbac::OwnerKind::user, user_name}, found.stands_for};
        found.scopes = load_scopes(transaction, request, role_scopes, *registry);
        return found;
    }
};

// scope: what is asked for, names with blanks between.
Async<Authorization> load(RequestContext& context, std::string scope)
{
    for (std::string_view const name : parameters)
        if (std::ranges::count(context.query, name, &QueryFields::value_type::first) > 1)
            co_return fail(Errc::invalid_argument, fmt::format("The parameter {} was sent twice.", name));
    LoadAuthorization const load{context.argument("client_id").value_or(""),
                                 context.argument("redirect_uri").value_or(""),
                                 context.argument("state").value_or(""),
                                 std::move(scope),
                                 context.user().name,
                                 context.principal.grants.role_scopes,
                                 &context.hub.scopes};
    if (load.client_id.empty())
        co_return fail(Errc::invalid_argument, "The parameter client_id is missing.");
    co_return co_await context.hub.store.read(load);
}

// The errors that the client learns of (RFC 6749 §4.1.2.1).
std::optional<http::Response> check_response_type(RequestContext const& context, Authorization const& authorization)
{
    auto const type = context.argument("response_type");
    if (!type)
        return send_error(authorization, "invalid_request", "Missing response_type parameter.");
    if (*type != "code")
        return send_error(authorization, "unsupported_response_type", "Only the response type \"code\" is known.");
    // Without a method RFC 7636 means "plain", which proves nothing.
    auto const challenge = context.argument("code_challenge"), method = context.argument("code_challenge_method");
    if ((challenge || method) && method != "S256")
        return send_error(authorization, "invalid_request", "The only code_challenge_method is S256.");
    if (challenge && !auth::is_code_challenge(*challenge))
        return send_error(authorization, "invalid_request", "code_challenge must be 43 url-safe characters.");
    return std::nullopt;
}

Async<> check_access(RequestContext const& context, Authorization const& authorization)
{
    auto const& client = authorization.stands_for;
    bool const is_service = client.kind == rbac::ClientKind::service;
    auto const scope = is_service ? rbac::Scope::access_services : rbac::Scope::access_servers;
    rbac::PathTarget target{rbac::FilterKind::service, client.service_name};
    if (!is_service)
        target = {rbac::FilterKind::server, rbac::server_filter(client.user_name, client.server_name)};
    CO_TRY(bool const may, co_await holds_for(context.hub, context.principal.scopes, scope, std::move(target)));
    if (!may)
        co_return fail(Errc::forbidden,
                       fmt::format("You do not have permission to access {}.", authorization.client.description));
    co_return Result<>{};
}

Async<http::Response> issue_code(RequestContext& context, Authorization authorization, std::vector<std::string> scopes)
{
    model::OAuthCode code;
    code.client_id = authorization.client.identifier;
    std::string const secret = auth::new_oauth_token();
    code.code = auth::stored_code(secret, context.argument("code_challenge").value_or(""));
    code.expires_at =
        std::chrono::duration_cast<std::chrono::seconds>((context.hub.now() + code_lifetime).time_since_epoch())
            .count();
    code.redirect_uri = authorization.redirect_uri;
    code.session_id = context.ensure_session();
    code.user_id = context.user().id;
    code.scopes = std::move(scopes);
    auto const insert = [code, user = context.user()](store::Transaction& transaction) -> Result<std::int64_t> {
        CHECK(check_still_there(transaction, user));
        if (!store::find_oauth_client(transaction, code.client_id))
            return fail(Errc::invalid_argument, "This client is not there any more.");
        auto const id = store::insert_code(transaction, code);
        store::delete_older(transaction, store::HeldByClient::codes, code.user_id, code.client_id, most_codes);
        return id;
    };
    CO_CHECK(co_await context.hub.store.write(insert));
    co_return send_back(authorization, {{"code", secret}});
}

// The user is asked once for each scope: whether tokens of this client hold all of them already.
Async<bool> was_granted_before(RequestContext const& context, std::string client, std::vector<std::string> scopes)
{
    auto const find = [user_id = context.user().id, client](store::Transaction& transaction) {
        return store::granted_scopes(transaction, user_id, client);
    };
    CO_TRY(auto const stored, co_await context.hub.store.read(find));
    auto const is_stored = [&](std::string const& scope) { return std::ranges::find(stored, scope) != stored.end(); };
    co_return !stored.empty() && std::ranges::all_of(scopes, is_stored);
}

bool is_own_or_trusted(RequestContext const& context, rbac::Client const& client)
{
    if (client.kind == rbac::ClientKind::server && client.user_name == context.user().name &&
        context.hub.servers.find(context.user().id, client.server_name))
        return true;
    for (auto const& service : context.hub.settings.hub.services)
        if (client.kind == rbac::ClientKind::service && service.name == client.service_name && service.oauth_no_confirm)
            return true;
    return false;
}

// What showing the question and taking the answer begin with. With refused it is over already.
struct Begun {
    Authorization authorization;
    std::vector<std::string> granted;
    std::optional<http::Response> refused;
};

// scope: what the client asks for, or what the person agreed to.
Async<Begun> begin(RequestContext& context, std::string scope)
{
    Begun begun;
    CO_TRY(begun.authorization, co_await load(context, std::move(scope)));
    begun.refused = check_response_type(context, begun.authorization);
    if (begun.refused)
        co_return begun;
    if (!begun.authorization.scopes) {
        begun.refused = send_error(begun.authorization, "invalid_scope", "The client may not ask for these scopes.");
        co_return begun;
    }
    begun.granted = begun.authorization.scopes->granted;
    CO_CHECK(co_await check_access(context, begun.authorization));
    co_return begun;
}

// GET /api/oauth2/authorize
Async<http::Response> authorize(RequestContext& context)
{
    CO_TRY(auto begun, co_await begin(context, context.argument("scope").value_or("")));
    if (begun.refused)
        co_return *std::move(begun.refused);
    auto const& [authorization, granted, refused] = begun;
    bool no_consent = is_own_or_trusted(context, authorization.stands_for);
    if (!no_consent) {
        CO_TRY(no_consent, co_await was_granted_before(context, authorization.client.identifier, granted));
    }
    if (no_consent)
        co_return co_await issue_code(context, authorization, granted);
    co_return consent_page(context, authorization.client, authorization.stands_for, granted);
}

// POST /api/oauth2/authorize: the person agreed.
Async<http::Response> confirm(RequestContext& context)
{
    CO_TRY(auto const form, http::parse_form(context.request));
    std::vector<std::string> chosen;
    for (auto const& [name, value] : form.fields)
        if (name == "scopes")
            chosen.push_back(value);
    CO_TRY(auto begun, co_await begin(context, chosen.empty() ? "identify" : join(chosen, " ")));
    if (begun.refused)
        co_return *std::move(begun.refused);
    co_return co_await issue_code(context, std::move(begun.authorization), std::move(begun.granted));
}

} // namespace

std::span<Route const> authorize_routes()
{
    static constexpr std::array routes{
        Route{Method::get, "/api/oauth2/authorize", rbac::signed_in(), authorize, Audit::when_it_redirects},
        Route{Method::post, "/api/oauth2/authorize", rbac::signed_in(), confirm},
    };
    return routes;
}

} // namespace jhub::hub::oauth

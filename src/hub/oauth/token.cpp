// Exchanges a code for a token (reference auth-flow.md §6.3, RFC 7636). Called by servers and services, never by
// browsers.
#include <array>

#include <fmt/format.h>

#include "auth/oauth_code.hpp"
#include "auth/token_hash.hpp"
#include "auth/verified_tokens.hpp"
#include "base/strings.hpp"
#include "http/forms.hpp"
#include "hub/dispatch/request_context.hpp"
#include "hub/dispatch/responses.hpp"
#include "hub/oauth/tables.hpp"
#include "store/oauth.hpp"
#include "store/tokens.hpp"

namespace jhub::hub::oauth {
namespace {

using http::Method;
using http::Status;

// Of one user for one client; each browser session in a server has one. Then the oldest gives way: its browser is sent
// through here again, nobody is locked out.
constexpr std::int64_t most_tokens = 100;

// An OAuth error as RFC 6749 §5.2 words it; not the hub's own error shape.
struct OAuthError {
    Status status;
    std::string_view error, description;
};

constexpr OAuthError unsupported_grant{Status::bad_request, "unsupported_grant_type", ""};
constexpr OAuthError missing_code{Status::bad_request, "invalid_request", "Missing code parameter."};
constexpr OAuthError duplicate{Status::bad_request, "invalid_request", "A parameter was sent twice."};
constexpr OAuthError with_query_string{Status::bad_request, "invalid_request", "Parameters belong into the body."};
constexpr OAuthError bad_form{Status::bad_request, "invalid_request", "The body must be a form."};
constexpr OAuthError wrong_redirect{Status::bad_request, "invalid_request", "Mismatching redirect URI."};
constexpr OAuthError invalid_client{Status::unauthorized, "invalid_client", ""};
constexpr OAuthError put_off{Status::too_many_requests, "temporarily_unavailable", "Too many wrong client secrets."};
constexpr OAuthError invalid_grant{Status::bad_request, "invalid_grant", ""};

http::Response refuse(OAuthError const& error)
{
    Json body{{"error", error.error}};
    if (!error.description.empty())
        body["error_description"] = error.description;
    auto response = json_response(body, error.status);
    response.headers.set("Cache-Control", "no-store");
    response.headers.set("Pragma", "no-cache");
    if (error.status == Status::unauthorized)
        response.headers.set("WWW-Authenticate", "Bearer error=\"invalid_client\"");
    return response;
}

bool has_duplicates(QueryFields const& fields)
{
    for (auto const& [name, value] : fields)
        if (std::ranges::count(fields, name, &QueryFields::value_type::first) > 1)
            return true;
    return false;
}

// Everything that the exchange needs; runs as one unit, so of two exchanges of one code only one succeeds.
struct Exchange {
    auth::VerifiedTokens* verified_tokens = nullptr;
    std::string client_id, client_secret, code, token, hashed; // code: as stored
    std::optional<std::string> redirect_uri;
    bool only_known_secrets = false; // after too many wrong ones: those that were right before
    Timestamp now{};
    std::chrono::seconds lifetime{};

    struct Granted {
        std::vector<std::string> scopes;
        std::int64_t token_id = 0;
    };

    std::expected<Granted, OAuthError> run(store::Transaction& transaction) const
    {
        auto const client = store::find_oauth_client(transaction, client_id);
        if (!client || !is_secret_of(*client))
            return std::unexpected(only_known_secrets ? put_off : invalid_client);
        auto const row = store::find_code(transaction, client_id, code);
        if (row && row->token_id)
            revoke(transaction, *row);
        auto const unix_now = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
        if (!row || row->token_id || row->expires_at < unix_now)
            return std::unexpected(invalid_grant);
        if (redirect_uri && *redirect_uri != client->redirect_uri)
            return std::unexpected(wrong_redirect);

        model::ApiToken issued;
        issued.user_id = row->user_id;
        issued.hashed = hashed;
        issued.prefix = auth::token_prefix(token);
        issued.client_id = client_id;
        issued.session_id = row->session_id;
        issued.created = now;
        issued.expires_at = now + lifetime;
        issued.scopes = row->scopes;
        issued.id = store::insert_token(transaction, issued);
        store::delete_older(transaction, store::HeldByClient::tokens, row->user_id, client_id, most_tokens);
        store::mark_exchanged(transaction, row->id, issued.id);
        return Granted{row->scopes, issued.id};
    }

    [[nodiscard]] bool is_secret_of(model::OAuthClient const& client) const
    {
        if (client.secret.empty() || client_secret.size() > auth::maximum_token_length)
            return false;
        return only_known_secrets ? verified_tokens->remembers(client.secret, client_secret)
                                  : verified_tokens->verify(client.secret, client_secret);
    }

    // A code that comes a second time was stolen, now or then: what came of it ends (RFC 6749 §4.1.2).
    static void revoke(store::Transaction& transaction, model::OAuthCode const& code)
    {
        auto const issued = store::find_token(transaction, *code.token_id);
        if (issued && issued->user_id == code.user_id && issued->client_id == code.client_id)
            store::delete_token(transaction, issued->id);
    }
};

// Guesses of secrets, counted like failed logins. A client that had shown its secret before is served all the while, so
// nobody can lock out the servers of a machine by sending wrong ones from it.
class WrongSecrets {
  public:
    WrongSecrets(RequestContext& context, std::string client)
        : limiter_(&context.hub.client_limiter), address_(context.client_address()), client_(std::move(client)),
          wait_(limiter_->must_wait(address_, client_, std::chrono::steady_clock::now()))
    {
    }
    [[nodiscard]] bool too_many() const { return wait_.has_value(); }

    http::Response refuse(OAuthError const& error)
    {
        if (error.status == Status::unauthorized)
            limiter_->failed(address_, client_, std::chrono::steady_clock::now());
        auto response = oauth::refuse(error);
        if (error.status == Status::too_many_requests)
            response.headers.set("Retry-After", std::to_string(wait_.value_or(std::chrono::seconds(1)).count()));
        return response;
    }

  private:
    auth::LoginLimiter* limiter_;
    std::string address_, client_;
    std::optional<std::chrono::seconds> wait_;
};

// POST /api/oauth2/token
Async<http::Response> exchange_code(RequestContext& context)
{
    if (!context.request.query.empty())
        co_return refuse(with_query_string);
    auto const form = http::parse_form(context.request);
    if (!form)
        co_return refuse(bad_form);
    if (has_duplicates(form->fields))
        co_return refuse(duplicate);
    auto const field = [&](std::string_view name) { return query_value(form->fields, name).value_or(""); };
    if (field("grant_type") != "authorization_code")
        co_return refuse(unsupported_grant);
    if (field("code").empty())
        co_return refuse(missing_code);

    auto const verifier = query_value(form->fields, "code_verifier");
    std::string const challenge = verifier ? auth::code_challenge_of(*verifier) : "";
    Exchange exchange{.verified_tokens = &context.hub.verified_tokens,
                      .client_id = field("client_id"),
                      .client_secret = field("client_secret"),
                      .code = auth::stored_code(field("code"), challenge)};
    WrongSecrets wrong_secrets(context, exchange.client_id);
    exchange.only_known_secrets = wrong_secrets.too_many();
    exchange.token = auth::new_oauth_token();
    exchange.hashed = auth::hash_token(exchange.token, auth::generated_rounds);
    exchange.redirect_uri = query_value(form->fields, "redirect_uri");
    exchange.now = context.hub.now();
    exchange.lifetime = context.hub.settings.hub.oauth_token_expires_in;
    auto const unit = [exchange](store::Transaction& transaction) {
        return std::optional(exchange.run(transaction)); // in an optional: a refusal is no failed unit
    };
    CO_TRY(auto const outcome, co_await context.hub.store.write(unit));
    if (!*outcome)
        co_return wrong_secrets.refuse(outcome->error());

    context.made_token = fmt::format("a{}", (*outcome)->token_id);
    context.claimed_name = printable(exchange.client_id, 255);
    auto response = json_response({{"access_token", exchange.token},
                                   {"expires_in", exchange.lifetime.count()},
                                   {"token_type", "Bearer"},
                                   {"scope", join((*outcome)->scopes, " ")}});
    response.headers.set("Cache-Control", "no-store");
    response.headers.set("Pragma", "no-cache");
    co_return response;
}

} // namespace

std::span<Route const> token_routes()
{
    static constexpr std::array routes{
        Route{Method::post, "/api/oauth2/token", rbac::anyone(), exchange_code},
    };
    return routes;
}

} // namespace jhub::hub::oauth

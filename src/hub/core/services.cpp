#include "hub/core/services.hpp"

#include <fmt/format.h>

#include "auth/token_hash.hpp"
#include "rbac/oauth_scopes.hpp"
#include "store/oauth.hpp"
#include "store/roles.hpp"
#include "store/services.hpp"
#include "store/tokens.hpp"

namespace jhub::hub {
namespace {

constexpr std::string_view generated_note = "generated at startup";

std::vector<std::string> scopes_of_tokens(store::Transaction& transaction)
{
    auto const role = store::find_role(transaction, "token");
    return role ? role->scopes : std::vector<std::string>{"inherit"};
}

bool wants_oauth(config::ServiceSpec const& spec)
{
    return !spec.url.empty() || !spec.oauth_client_id.empty() || !spec.oauth_redirect_uri.empty() ||
           spec.oauth_no_confirm;
}

Json variables(std::vector<std::pair<std::string, std::string>> const& environment)
{
    Json object = Json::object();
    for (auto const& [name, value] : environment)
        object[name] = value;
    return object;
}

model::ServiceRow row_of(config::ServiceSpec const& spec, ServiceOrigin origin)
{
    model::ServiceRow row;
    row.name = spec.name;
    row.admin = spec.admin;
    if (!spec.url.empty())
        row.url = spec.url;
    row.oauth_client_allowed_scopes = spec.oauth_client_allowed_scopes;
    row.info = spec.info;
    row.display = spec.display;
    row.oauth_no_confirm = spec.oauth_no_confirm;
    if (!spec.command.empty())
        row.command = spec.command;
    if (!spec.cwd.empty())
        row.cwd = spec.cwd;
    if (!spec.user.empty())
        row.user = spec.user;
    if (!spec.environment.empty())
        row.environment = variables(spec.environment);
    row.from_config = origin == ServiceOrigin::configuration;
    if (wants_oauth(spec))
        row.oauth_client_id = service_client_id(spec);
    return row;
}

Result<> save_client(store::Transaction& transaction, config::ServiceSpec const& spec, Urls const& urls)
{
    if (!wants_oauth(spec))
        return {};
    model::OAuthClient client;
    client.identifier = service_client_id(spec);
    client.description = "JupyterHub service " + spec.name;
    client.redirect_uri = spec.oauth_redirect_uri;
    if (client.redirect_uri.empty() && !spec.url.empty())
        client.redirect_uri = urls.service_url(spec.name) + "oauth_callback";
    if (client.redirect_uri.empty())
        return fail(Errc::invalid_argument,
                    fmt::format("Service {} needs oauth_redirect_uri, because it has no url.", spec.name));
    client.allowed_scopes =
        rbac::client_allowed_scopes(spec.oauth_client_allowed_scopes, {rbac::ClientKind::service, {}, {}, spec.name});
    if (auto const known = store::find_oauth_client(transaction, client.identifier))
        client.secret = known->secret;
    if (!auth::verify_token(client.secret, spec.api_token))
        client.secret = spec.api_token.empty() ? "" : auth::hash_token(spec.api_token, auth::configured_rounds);
    store::upsert_oauth_client(transaction, client);
    return {};
}

} // namespace

std::string service_client_id(config::ServiceSpec const& spec)
{
    return spec.oauth_client_id.empty() ? "service-" + spec.name : spec.oauth_client_id;
}

Result<std::int64_t> save_service(store::Transaction& transaction, config::ServiceSpec const& spec,
                                  ServiceOrigin origin, Urls const& urls)
{
    CHECK(save_client(transaction, spec, urls));
    return store::upsert_service(transaction, row_of(spec, origin));
}

Result<> ensure_chosen_token(store::Transaction& transaction, std::string const& token, model::ApiToken owner,
                             int hash_rounds, Timestamp now)
{
    CHECK(auth::check_configured_token(token));
    for (auto const& row : store::find_tokens_by_prefix(transaction, auth::token_prefix(token), now))
        if (row.client_id && row.user_id == owner.user_id && row.service_id == owner.service_id &&
            auth::verify_token(row.hashed, token))
            return {};
    owner.hashed = auth::hash_token(token, hash_rounds);
    owner.prefix = auth::token_prefix(token);
    owner.client_id = model::hub_client;
    owner.created = now;
    owner.scopes = scopes_of_tokens(transaction);
    store::insert_token(transaction, owner);
    return {};
}

Result<bool> renew_service_token(store::Transaction& transaction, ServiceToken const& renewal)
{
    auto const service = store::find_service(transaction, renewal.service);
    if (!service)
        return fail(Errc::not_found, fmt::format("There is no service {}.", renewal.service));
    for (auto const& former : store::tokens_of_service(transaction, service->id))
        if (former.token.note == generated_note)
            store::delete_token(transaction, former.token.id);
    model::ApiToken row;
    row.service_id = service->id;
    row.hashed = auth::hash_token(renewal.token, auth::generated_rounds);
    row.prefix = auth::token_prefix(renewal.token);
    row.client_id = model::hub_client;
    row.created = renewal.now;
    row.note = generated_note;
    row.scopes = scopes_of_tokens(transaction);
    store::insert_token(transaction, row);
    if (auto client = store::find_oauth_client(transaction, renewal.client_id)) {
        client->secret = auth::hash_token(renewal.token, auth::configured_rounds);
        store::upsert_oauth_client(transaction, *client);
    }
    return true;
}

} // namespace jhub::hub

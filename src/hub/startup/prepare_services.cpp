#include "hub/startup/prepare_services.hpp"

#include <set>

#include <fmt/format.h>

#include "auth/token_hash.hpp"
#include "base/url.hpp"
#include "hub/core/accounts.hpp"
#include "rbac/oauth_scopes.hpp"
#include "store/oauth.hpp"
#include "store/roles.hpp"
#include "store/services.hpp"
#include "store/tokens.hpp"

namespace jhub::hub {
namespace {

std::string client_id_of(config::ServiceSpec const& spec)
{
    return spec.oauth_client_id.empty() ? "service-" + spec.name : spec.oauth_client_id;
}

bool wants_oauth(config::ServiceSpec const& spec)
{
    return !spec.url.empty() || !spec.oauth_client_id.empty() || !spec.oauth_redirect_uri.empty() ||
           spec.oauth_no_confirm;
}

model::ServiceRow row_of(config::ServiceSpec const& spec)
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
    row.from_config = true;
    if (wants_oauth(spec))
        row.oauth_client_id = client_id_of(spec);
    return row;
}

Result<> prepare_client(store::Transaction& transaction, DatabaseSetup const& setup, config::ServiceSpec const& spec)
{
    if (!wants_oauth(spec))
        return {};
    model::OAuthClient client;
    client.identifier = client_id_of(spec);
    client.description = "JupyterHub service " + spec.name;
    client.redirect_uri = spec.oauth_redirect_uri;
    if (client.redirect_uri.empty() && !spec.url.empty())
        client.redirect_uri =
            setup.settings.addresses.base_url + "services/" + escape_name(spec.name) + "/oauth_callback";
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

// Adds the token unless a row for it is there; hashing again at each start would only make rows.
Result<> ensure_token(store::Transaction& transaction, DatabaseSetup const& setup, std::string const& token,
                      model::ApiToken owner)
{
    CHECK(auth::check_configured_token(token));
    for (auto const& row : store::find_tokens_by_prefix(transaction, auth::token_prefix(token), setup.now))
        if (row.client_id && row.user_id == owner.user_id && row.service_id == owner.service_id &&
            auth::verify_token(row.hashed, token))
            return {};
    int const rounds = setup.settings.trust_user_provided_tokens ? auth::generated_rounds : auth::configured_rounds;
    owner.hashed = auth::hash_token(token, rounds);
    owner.prefix = auth::token_prefix(token);
    owner.client_id = "jupyterhub";
    owner.created = setup.now;
    owner.note = "from config";
    auto const role = store::find_role(transaction, "token");
    owner.scopes = role ? role->scopes : std::vector<std::string>{"inherit"};
    store::insert_token(transaction, owner);
    return {};
}

} // namespace

Result<> prepare_services(store::Transaction& transaction, DatabaseSetup const& setup,
                          std::vector<std::string>& warnings)
{
    std::set<std::string> configured;
    for (auto const& spec : setup.settings.services) {
        configured.insert(spec.name);
        if (!spec.command.empty())
            return fail(Errc::invalid_argument,
                        fmt::format("Service {} has a command: services that the hub starts are not supported yet. "
                                    "Start it by other means and leave the command out.",
                                    spec.name));
        CHECK(prepare_client(transaction, setup, spec));
        auto const id = store::upsert_service(transaction, row_of(spec));
        auto const admin = store::find_role(transaction, "admin");
        if (spec.admin) {
            warnings.push_back(fmt::format(
                "Service {}: \"admin\" is deprecated, give it a role with c.JupyterHub.load_roles.", spec.name));
            store::grant_role(transaction, model::HolderKind::service, id, admin->id);
        }
    }
    store::delete_unconfigured_services(transaction, configured);
    return {};
}

Result<> prepare_tokens(store::Transaction& transaction, DatabaseSetup const& setup, std::vector<std::string>& warnings)
{
    std::map<std::string, std::string> service_tokens = setup.settings.service_tokens;
    for (auto const& spec : setup.settings.services)
        if (!spec.api_token.empty())
            service_tokens[spec.api_token] = spec.name;
    for (auto const& [token, name] : service_tokens) {
        auto service = store::find_service(transaction, name);
        if (!service) {
            warnings.push_back(fmt::format(
                "c.JupyterHub.service_tokens names the service {}, which is not in c.JupyterHub.services; adding it.",
                name));
            service.emplace();
            service->name = name;
            service->id = store::upsert_service(transaction, *service);
        }
        model::ApiToken owner;
        owner.service_id = service->id;
        CHECK(ensure_token(transaction, setup, token, owner));
    }
    for (auto const& [token, name] : setup.settings.api_tokens) {
        model::ApiToken owner;
        owner.user_id = find_or_create_user(transaction, auth::normalize_username(setup.rules, name), setup.now).id;
        CHECK(ensure_token(transaction, setup, token, owner));
    }
    return {};
}

} // namespace jhub::hub

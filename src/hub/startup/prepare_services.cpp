#include "hub/startup/prepare_services.hpp"

#include <set>

#include <fmt/format.h>

#include "auth/token_hash.hpp"
#include "hub/core/accounts.hpp"
#include "hub/core/services.hpp"
#include "store/roles.hpp"
#include "store/services.hpp"
#include "store/tokens.hpp"

namespace jhub::hub {
namespace {

Result<> ensure_token(store::Transaction& transaction, DatabaseSetup const& setup, std::string const& token,
                      model::ApiToken owner)
{
    int const rounds = setup.settings.trust_user_provided_tokens ? auth::generated_rounds : auth::configured_rounds;
    owner.note = "from config";
    return ensure_chosen_token(transaction, token, std::move(owner), rounds, setup.now);
}

} // namespace

Result<> prepare_services(store::Transaction& transaction, DatabaseSetup const& setup,
                          std::vector<std::string>& warnings)
{
    std::set<std::string> configured;
    for (auto const& spec : setup.settings.services) {
        configured.insert(spec.name);
        if (auto const known = store::find_service(transaction, spec.name); known && !known->from_config) {
            warnings.push_back(fmt::format(
                "Service {} was added over the REST API; c.JupyterHub.services does not change it.", spec.name));
            continue;
        }
        TRY(auto const id,
            save_service(transaction, spec, ServiceOrigin::configuration, Urls(setup.settings.addresses)));
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

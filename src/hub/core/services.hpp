// Services in the database: the row, the OAuth client and the token that go with a definition, the same for those of
// the configuration and those added over the REST API (reference services.md §1–§4). Functions of a Transaction: to be
// called inside a unit of the store.
#pragma once

#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "config/settings.hpp"
#include "hub/core/urls.hpp"
#include "model/service.hpp"
#include "model/token.hpp"
#include "store/transaction.hpp"

namespace jhub::hub {

// Where a definition came from decides who may change it later.
enum class ServiceOrigin { configuration, api };

// "service-NAME" unless another id was chosen.
[[nodiscard]] std::string service_client_id(config::ServiceSpec const& spec);

// Adds or replaces row and OAuth client; the service's id. Errc::invalid_argument for an OAuth client without an
// address to send people back to.
Result<std::int64_t> save_service(store::Transaction& transaction, config::ServiceSpec const& spec,
                                  ServiceOrigin origin, Urls const& urls);

// A token that a person chose, for the user or service named in owner, with the scopes of role "token". Already there:
// no change, because hashing it again at each start would only make rows. Errc::invalid_argument when it is too short.
Result<> ensure_chosen_token(store::Transaction& transaction, std::string const& token, model::ApiToken owner,
                             int hash_rounds, Timestamp now);

// The token of a service that the hub runs: a new one at every start.
struct ServiceToken {
    std::string service, token, client_id;
    Timestamp now;
};

// Takes the place of the service's former one, whose process is gone; also the secret of its OAuth client, when it has
// one. Errc::not_found without such a service.
Result<bool> renew_service_token(store::Transaction& transaction, ServiceToken const& renewal);

} // namespace jhub::hub

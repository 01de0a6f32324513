// Services of the configuration and the tokens that it gives to services and users.
#pragma once

#include "hub/startup/prepare_database.hpp"

namespace jhub::hub {

Result<> prepare_services(store::Transaction& transaction, DatabaseSetup const& setup,
                          std::vector<std::string>& warnings);
Result<> prepare_tokens(store::Transaction& transaction, DatabaseSetup const& setup,
                        std::vector<std::string>& warnings);

} // namespace jhub::hub

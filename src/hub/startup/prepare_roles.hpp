// Roles of the configuration: definitions first, and who holds them once users and services are there.
#pragma once

#include "hub/startup/prepare_database.hpp"

namespace jhub::hub {

Result<> prepare_roles(store::Transaction& transaction, DatabaseSetup const& setup, std::vector<std::string>& warnings);
Result<> assign_roles(store::Transaction& transaction, DatabaseSetup const& setup);

} // namespace jhub::hub

// Queries about services.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "model/service.hpp"
#include "model/spawner.hpp"
#include "store/transaction.hpp"

namespace jhub::store {

std::optional<model::ServiceRow> find_service(Transaction&, std::string_view name);
std::optional<model::ServiceRow> find_service_by_id(Transaction&, std::int64_t id);
std::vector<model::ServiceRow> list_services(Transaction&); // by id
// By name. A server row that the Python hub gave the service stays.
std::int64_t upsert_service(Transaction&, model::ServiceRow const& service);
// With its server row, OAuth client and tokens.
bool delete_service(Transaction&, std::int64_t id);
// At start: services of the configuration that it no longer names. Their names.
std::vector<std::string> delete_unconfigured_services(Transaction&, std::set<std::string> const& configured);

} // namespace jhub::store

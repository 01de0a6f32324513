// Queries about server rows: where running servers and services answer.
#pragma once

#include <cstdint>
#include <optional>

#include "model/spawner.hpp"
#include "store/transaction.hpp"

namespace jhub::store {

std::optional<model::ServerRow> find_server(Transaction&, std::int64_t id);
std::int64_t insert_server(Transaction&, model::ServerRow const& server);
bool update_server(Transaction&, model::ServerRow const& server); // by id
bool delete_server(Transaction&, std::int64_t id);

} // namespace jhub::store

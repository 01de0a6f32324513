// Queries about server rows: where running servers and services answer.
#pragma once

#include <cstdint>

#include "model/spawner.hpp"
#include "store/transaction.hpp"

namespace jhub::store {

std::int64_t insert_server(Transaction&, model::ServerRow const& server);
bool delete_server(Transaction&, std::int64_t id);

} // namespace jhub::store

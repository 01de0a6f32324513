// SQLite gives the id of a deleted row to the next one if it was the highest. A request that began before the deletion
// and still speaks of the id would then meet somebody else's row; so users and servers get ids that nobody had before.
#pragma once

#include <cstdint>

#include "store/transaction.hpp"

namespace jhub::store {

enum class IdsOf { users, spawners };

// For the next row of that table.
[[nodiscard]] std::int64_t fresh_id(Transaction&, IdsOf table);
// Of a row that is being deleted.
void retire_id(Transaction&, IdsOf table, std::int64_t id);

} // namespace jhub::store

// Queries about roles and who holds them.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "model/role.hpp"
#include "store/transaction.hpp"

namespace jhub::store {

std::optional<model::Role> find_role(Transaction&, std::string_view name);
std::vector<model::Role> list_roles(Transaction&);               // by id
std::int64_t upsert_role(Transaction&, model::Role const& role); // by name
bool delete_role(Transaction&, std::string_view name);           // with its maps

std::vector<model::Role> roles_of(Transaction&, model::HolderKind kind, std::int64_t holder_id); // directly held, by id
// Directly held, and through the groups the user is in; each once, by id.
std::vector<model::Role> roles_of_user(Transaction&, std::int64_t user_id);
std::vector<std::string> role_holders(Transaction&, model::HolderKind kind, std::int64_t role_id); // names, by id

// True: it was not held before. managed_by_auth marks a grant of the authenticator; an existing grant keeps its mark.
bool grant_role(Transaction&, model::HolderKind kind, std::int64_t holder_id, std::int64_t role_id,
                bool managed_by_auth = false);
bool strip_role(Transaction&, model::HolderKind kind, std::int64_t holder_id, std::int64_t role_id);
void strip_all_roles(Transaction&, model::HolderKind kind, std::int64_t holder_id);
// The role's holders of that kind become exactly these ids.
void set_role_holders(Transaction&, model::HolderKind kind, std::int64_t role_id, std::set<std::int64_t> const& ids);

} // namespace jhub::store

// People in the database: how they come in, and the default roles that go with being there (reference rbac.md §8).
// Functions of a Transaction: to be called inside a unit of the store.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "model/user.hpp"
#include "store/transaction.hpp"

namespace jhub::hub {

// Inserts the user with role "user" (and "admin"). A name that is taken is a conflict (thrown by the store).
model::User create_user(store::Transaction& transaction, std::string_view name, bool admin, Timestamp now);
model::User find_or_create_user(store::Transaction& transaction, std::string_view name, Timestamp now);

// Role "user" for everybody, role "admin" exactly for those with the admin flag.
void assign_default_roles(store::Transaction& transaction, model::User const& user);
// Whether assign_default_roles() would change nothing.
bool has_default_roles(store::Transaction& transaction, model::User const& user);
void set_admin(store::Transaction& transaction, model::User& user, bool admin);

} // namespace jhub::hub

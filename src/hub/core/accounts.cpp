#include "hub/core/accounts.hpp"

#include "base/random.hpp"
#include "store/roles.hpp"
#include "store/users.hpp"

namespace jhub::hub {

model::User create_user(store::Transaction& transaction, std::string_view name, bool admin, Timestamp now)
{
    model::User user;
    user.name = name;
    user.admin = admin;
    user.created = now;
    user.cookie_id = random_hex32();
    user.id = store::insert_user(transaction, user);
    assign_default_roles(transaction, user);
    return user;
}

model::User find_or_create_user(store::Transaction& transaction, std::string_view name, Timestamp now)
{
    if (auto user = store::find_user(transaction, name))
        return *std::move(user);
    return create_user(transaction, name, false, now);
}

void assign_default_roles(store::Transaction& transaction, model::User const& user)
{
    if (auto const role = store::find_role(transaction, "user"))
        store::grant_role(transaction, model::HolderKind::user, user.id, role->id);
    auto const admin = store::find_role(transaction, "admin");
    if (!admin)
        return;
    if (user.admin)
        store::grant_role(transaction, model::HolderKind::user, user.id, admin->id);
    else
        store::strip_role(transaction, model::HolderKind::user, user.id, admin->id);
}

bool has_default_roles(store::Transaction& transaction, model::User const& user)
{
    bool as_user = !store::find_role(transaction, "user"), as_admin = false;
    for (auto const& role : store::roles_of(transaction, model::HolderKind::user, user.id)) {
        as_user = as_user || role.name == "user";
        as_admin = as_admin || role.name == "admin";
    }
    return as_user && (as_admin == user.admin || !store::find_role(transaction, "admin"));
}

void set_admin(store::Transaction& transaction, model::User& user, bool admin)
{
    user.admin = admin;
    store::set_user_admin(transaction, user.id, admin);
    assign_default_roles(transaction, user);
}

} // namespace jhub::hub

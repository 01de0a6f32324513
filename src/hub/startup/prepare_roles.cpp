#include "hub/startup/prepare_roles.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/strings.hpp"
#include "hub/core/accounts.hpp"
#include "hub/core/managed_roles.hpp"
#include "rbac/raw_scope.hpp"
#include "rbac/roles.hpp"
#include "store/groups.hpp"
#include "store/roles.hpp"
#include "store/services.hpp"
#include "store/users.hpp"

namespace jhub::hub {
namespace {

using model::HolderKind;
using Members = std::optional<std::vector<std::string>>;

Result<model::Role> merged_role(config::RoleSpec const& spec, DatabaseSetup const& setup)
{
    if (auto const fits = rbac::check_role_name(spec.name); !fits)
        return fail(Errc::invalid_argument, fmt::format("c.JupyterHub.load_roles: {}", fits.error().message));
    model::Role role;
    role.name = spec.name;
    auto const* const standard = rbac::find_default_role(spec.name);
    if (spec.name == "admin" && (spec.scopes || spec.description))
        return fail(Errc::invalid_argument,
                    "c.JupyterHub.load_roles: the role admin cannot get other scopes or another description.");
    if (standard) {
        role.description = standard->description;
        role.scopes = standard->scopes;
    }
    if (spec.description)
        role.description = *spec.description;
    if (spec.scopes)
        role.scopes = *spec.scopes;
    for (auto const& scope : role.scopes)
        if (auto const known = rbac::check_scope_exists(scope, setup.scopes); !known)
            return fail(Errc::invalid_argument,
                        fmt::format("c.JupyterHub.load_roles: role {}: {}", spec.name, known.error().message));
    return role;
}

Result<std::int64_t> service_id(store::Transaction& transaction, std::string const& role, std::string const& name)
{
    if (auto const service = store::find_service(transaction, name))
        return service->id;
    return fail(
        Errc::invalid_argument,
        fmt::format("c.JupyterHub.load_roles: role {} names the service {}, which is not defined.", role, name));
}

Result<std::set<std::int64_t>> member_ids(store::Transaction& transaction, DatabaseSetup const& setup, HolderKind kind,
                                          std::string const& role, std::vector<std::string> const& names)
{
    std::set<std::int64_t> ids;
    for (auto const& name : names) {
        if (kind == HolderKind::user) {
            ids.insert(find_or_create_user(transaction, auth::normalize_username(setup.rules, name), setup.now).id);
        } else if (kind == HolderKind::group) {
            ids.insert(store::find_or_insert_group(transaction, name));
        } else {
            TRY(auto const id, service_id(transaction, role, name));
            ids.insert(id);
        }
    }
    return ids;
}

// The table of reference rbac.md §8: a named kind becomes exactly the list, others are emptied, but "user" keeps its
// users.
Result<> assign_role(store::Transaction& transaction, DatabaseSetup const& setup, config::RoleSpec const& spec)
{
    auto const role = store::find_role(transaction, spec.name);
    Members users = spec.users;
    if (spec.name == "admin" && users)
        users->insert(users->end(), setup.rules.admin_users.begin(), setup.rules.admin_users.end());
    for (auto const& [kind, members] : {std::pair(HolderKind::user, users), std::pair(HolderKind::group, spec.groups),
                                        std::pair(HolderKind::service, spec.services)}) {
        if (!members && spec.name == "user" && kind == HolderKind::user)
            continue;
        TRY(auto const ids,
            member_ids(transaction, setup, kind, spec.name, members.value_or(std::vector<std::string>{})));
        store::set_role_holders(transaction, kind, role->id, ids);
    }
    return {};
}

// The admin flag and the role admin say the same (reference rbac.md §8, last paragraphs).
void synchronise_admins(store::Transaction& transaction, bool list_is_explicit)
{
    auto const admin = store::find_role(transaction, "admin");
    auto const holders = store::role_holders(transaction, HolderKind::user, admin->id);
    std::set<std::string> const named(holders.begin(), holders.end());
    for (auto const& name : holders)
        if (auto const user = store::find_user(transaction, name); user && !user->admin)
            store::set_user_admin(transaction, user->id, true);
    for (auto& user : store::list_admins(transaction)) {
        if (named.contains(user.name))
            continue;
        if (list_is_explicit)
            set_admin(transaction, user, false);
        else
            store::grant_role(transaction, HolderKind::user, user.id, admin->id);
    }
}

void synchronise_admin_services(store::Transaction& transaction, bool list_is_explicit)
{
    auto const admin = store::find_role(transaction, "admin");
    auto const holders = store::role_holders(transaction, HolderKind::service, admin->id);
    std::set<std::string> const named(holders.begin(), holders.end());
    for (auto& service : store::list_services(transaction)) {
        bool const holds = named.contains(service.name);
        if (!holds && service.admin && !list_is_explicit)
            store::grant_role(transaction, HolderKind::service, service.id, admin->id);
        else if (holds != service.admin) {
            service.admin = holds;
            store::upsert_service(transaction, service);
        }
    }
}

void grant_user_role_to_all(store::Transaction& transaction, DatabaseSetup const& setup)
{
    auto const role = store::find_role(transaction, "user");
    for (auto const& name : setup.rules.allowed_users)
        if (auto const user = store::find_user(transaction, name))
            store::grant_role(transaction, HolderKind::user, user->id, role->id);
}

} // namespace

Result<> prepare_roles(store::Transaction& transaction, DatabaseSetup const& setup, std::vector<std::string>& warnings)
{
    std::set<std::string> wanted;
    for (auto const& standard : rbac::default_roles()) {
        wanted.insert(standard.name);
        model::Role role;
        role.name = standard.name;
        role.description = standard.description;
        role.scopes = standard.scopes;
        store::upsert_role(transaction, role);
    }
    for (auto const& spec : setup.settings.load_roles) {
        TRY(auto const role, merged_role(spec, setup));
        if (role.scopes.empty())
            warnings.push_back(fmt::format("The role {} has no scopes: it allows nothing.", role.name));
        store::upsert_role(transaction, role);
        wanted.insert(spec.name);
    }
    for (auto const& spec : setup.authenticator.managed_roles) {
        if (!wanted.insert(spec.name).second)
            continue; // configured as well: that counts
        TRY(auto role, merged_role(spec, setup));
        role.managed_by_auth = true;
        store::upsert_role(transaction, role);
    }
    bool const also_managed = setup.authenticator.reset_managed_roles_on_startup;
    for (auto const& role : store::list_roles(transaction))
        if (!wanted.contains(role.name) && (!role.managed_by_auth || also_managed))
            store::delete_role(transaction, role.name);
    return {};
}

Result<> assign_roles(store::Transaction& transaction, DatabaseSetup const& setup)
{
    bool admins_are_explicit = false, services_are_explicit = false;
    for (auto const& spec : setup.settings.load_roles) {
        CHECK(assign_role(transaction, setup, spec));
        admins_are_explicit |= spec.name == "admin" && spec.users.has_value();
        services_are_explicit |= spec.name == "admin" && spec.services.has_value();
    }
    ManagedRoles const managed{setup.scopes, setup.rules, {}, setup.now};
    for (auto const& spec : setup.authenticator.managed_roles)
        if (auto const role = store::find_role(transaction, spec.name))
            CHECK(set_named_holders(transaction, managed, spec, role->id));
    grant_user_role_to_all(transaction, setup);
    synchronise_admins(transaction, admins_are_explicit);
    synchronise_admin_services(transaction, services_are_explicit);
    return {};
}

} // namespace jhub::hub

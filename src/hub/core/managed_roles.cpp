#include "hub/core/managed_roles.hpp"

#include <array>

#include <fmt/format.h>

#include "base/strings.hpp"
#include "hub/core/accounts.hpp"
#include "rbac/raw_scope.hpp"
#include "store/groups.hpp"
#include "store/roles.hpp"
#include "store/services.hpp"
#include "store/users.hpp"

namespace jhub::hub {
namespace {

using model::HolderKind;
using Names = std::vector<std::string>;

Result<std::optional<Names>> names_in(Json const& role, std::string_view key)
{
    auto const found = role.find(key);
    if (found == role.end() || found->is_null())
        return std::nullopt;
    Names names;
    for (auto const& item : *found) {
        if (!found->is_array() || !item.is_string())
            return fail(Errc::conflict, fmt::format("{} of a role must be a list of texts", key));
        names.push_back(item.get<std::string>());
    }
    return names;
}

Result<std::int64_t> ensure_role(store::Transaction& transaction, ManagedRoles const& input,
                                 config::RoleSpec const& spec)
{
    auto role = store::find_role(transaction, spec.name);
    if (role && (!role->managed_by_auth || input.configured.contains(spec.name)))
        return role->id;
    for (auto const& scope : spec.scopes.value_or(Names{}))
        if (auto const known = rbac::check_scope_exists(scope, input.scopes); !known)
            return fail(Errc::conflict, fmt::format("The role {}: {}", printable(spec.name), known.error().message));
    if (!role)
        role.emplace();
    role->name = spec.name;
    role->managed_by_auth = true;
    if (spec.description)
        role->description = *spec.description;
    if (spec.scopes)
        role->scopes = *spec.scopes;
    return store::upsert_role(transaction, *role);
}

bool is_held(store::Transaction& transaction, std::int64_t role_id)
{
    return std::ranges::any_of(
        std::array{HolderKind::user, HolderKind::group, HolderKind::service},
        [&](HolderKind kind) { return !store::role_holders(transaction, kind, role_id).empty(); });
}

} // namespace

Result<config::RoleSpec> role_definition(Json const& role)
{
    if (!role.is_object() || !role.contains("name") || !role["name"].is_string() ||
        role["name"].get_ref<std::string const&>().empty())
        return fail(Errc::conflict, "A role must be an object with a name.");
    config::RoleSpec spec;
    spec.name = role["name"].get<std::string>();
    if (auto const fits = rbac::check_role_name(spec.name); !fits)
        return fail(Errc::conflict, fits.error().message);
    if (role.contains("description") && role["description"].is_string())
        spec.description = role["description"].get<std::string>();
    TRY(spec.scopes, names_in(role, "scopes"));
    TRY(spec.users, names_in(role, "users"));
    TRY(spec.groups, names_in(role, "groups"));
    TRY(spec.services, names_in(role, "services"));
    return spec;
}

Result<> set_named_holders(store::Transaction& transaction, ManagedRoles const& input, config::RoleSpec const& spec,
                           std::int64_t role_id)
{
    std::set<std::int64_t> ids;
    if (spec.users) {
        for (auto const& name : *spec.users)
            ids.insert(find_or_create_user(transaction, auth::normalize_username(input.rules, name), input.now).id);
        store::set_role_holders(transaction, HolderKind::user, role_id, std::exchange(ids, {}));
    }
    if (spec.groups) {
        for (auto const& name : *spec.groups)
            ids.insert(store::find_or_insert_group(transaction, name));
        store::set_role_holders(transaction, HolderKind::group, role_id, std::exchange(ids, {}));
    }
    if (spec.services) {
        for (auto const& name : *spec.services) {
            auto const service = store::find_service(transaction, name);
            if (!service)
                return fail(Errc::conflict, fmt::format("The role {} names the service {}, which is not defined.",
                                                        printable(spec.name), printable(name)));
            ids.insert(service->id);
        }
        store::set_role_holders(transaction, HolderKind::service, role_id, std::exchange(ids, {}));
    }
    return {};
}

Result<> set_managed_roles(store::Transaction& transaction, ManagedRoles const& input, model::User const& user,
                           Json const& roles)
{
    std::set<std::string> wanted;
    for (auto const& definition : roles) {
        TRY(auto const spec, role_definition(definition));
        TRY(auto const id, ensure_role(transaction, input, spec));
        CHECK(set_named_holders(transaction, input, spec, id));
        store::grant_role(transaction, HolderKind::user, user.id, id, true);
        wanted.insert(spec.name);
    }
    for (auto const& role : store::roles_of(transaction, HolderKind::user, user.id))
        if (!wanted.contains(role.name))
            store::strip_role(transaction, HolderKind::user, user.id, role.id);
    for (auto const& role : store::list_roles(transaction))
        if (role.managed_by_auth && !input.configured.contains(role.name) && !is_held(transaction, role.id))
            store::delete_role(transaction, role.name);
    return {};
}

} // namespace jhub::hub

#include "rbac/roles.hpp"

#include <algorithm>

#include "rbac/raw_scope.hpp"

namespace jhub::rbac {

std::vector<RoleDefinition> const& default_roles()
{
    static std::vector<RoleDefinition> const roles{
        {"user", "Standard user privileges", {"self"}},
        {"admin",
         "Elevated privileges (can do anything)",
         {"admin-ui", "admin:users", "admin:servers", "admin:services", "tokens", "admin:groups", "list:services",
          "read:services", "read:hub", "proxy", "shutdown", "access:services", "access:servers", "read:roles",
          "read:metrics", "shares"}},
        {"server", "Post activity only", {"users:activity!user", "access:servers!server"}},
        {"token", "Token with same permissions as its owner", {"inherit"}},
    };
    return roles;
}

RoleDefinition const* find_default_role(std::string_view name)
{
    auto const& roles = default_roles();
    auto const found = std::ranges::find(roles, name, &RoleDefinition::name);
    return found == roles.end() ? nullptr : &*found;
}

Result<RoleDefinition> complete_role(RoleOverride const& written)
{
    CHECK(check_role_name(written.name));
    RoleDefinition const* const standard = find_default_role(written.name);
    if (standard == nullptr)
        return RoleDefinition{written.name, written.description.value_or(""),
                              written.scopes.value_or(std::vector<std::string>{})};
    bool const changes_description = written.description && *written.description != standard->description;
    bool const changes_scopes = written.scopes && !std::ranges::is_permutation(*written.scopes, standard->scopes);
    if (written.name == "admin" && (changes_description || changes_scopes))
        return fail(Errc::invalid_argument, "The description and scopes of the role \"admin\" cannot be changed; "
                                            "define a role of another name instead.");
    return RoleDefinition{written.name, written.description.value_or(standard->description),
                          written.scopes.value_or(standard->scopes)};
}

} // namespace jhub::rbac

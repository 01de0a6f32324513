// Short ways to write scopes, owners and groups in tests.
#pragma once

#include <map>
#include <set>

#include "rbac/check.hpp"
#include "rbac/expand.hpp"
#include "rbac/resolve.hpp"

namespace jhub::rbac {

using Texts = std::vector<std::string>;

// {"staff": {"ada", "bob"}}
class FixedMemberships final : public Memberships {
  public:
    FixedMemberships() = default;
    explicit FixedMemberships(std::map<std::string, std::set<std::string>> members) : members_(std::move(members)) {}

    [[nodiscard]] bool is_member(std::string_view user, std::string_view group) const override
    {
        auto const found = members_.find(std::string(group));
        return found != members_.end() && found->second.contains(std::string(user));
    }

    [[nodiscard]] std::vector<std::string> groups_of(std::string_view user) const override
    {
        std::vector<std::string> groups;
        for (auto const& [group, members] : members_) {
            if (members.contains(std::string(user)))
                groups.push_back(group);
        }
        return groups;
    }

  private:
    std::map<std::string, std::set<std::string>> members_;
};

inline ScopeRegistry const& builtin()
{
    static ScopeRegistry const registry;
    return registry;
}

inline Owner user(std::string name) { return {OwnerKind::user, std::move(name)}; }
inline Owner service(std::string name) { return {OwnerKind::service, std::move(name)}; }
inline Client server_client(std::string owner, std::string name = "")
{
    return {ClientKind::server, std::move(owner), std::move(name), ""};
}
inline Client service_client(std::string name) { return {ClientKind::service, "", "", std::move(name)}; }

inline ScopeSet set_of(Texts const& texts) { return parse_expanded(texts, builtin()); }
inline Texts texts_of(ScopeSet const& scopes) { return to_strings(scopes, builtin()); }
inline Texts expanded(Texts const& raw, Owner const& owner, Client const& client = {})
{
    return texts_of(expand(raw, owner, client, builtin()).scopes);
}

} // namespace jhub::rbac

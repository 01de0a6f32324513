#include "rbac/principals.hpp"

namespace jhub::rbac {
namespace {

class NoMemberships final : public Memberships {
  public:
    [[nodiscard]] bool is_member(std::string_view /*user*/, std::string_view /*group*/) const override { return false; }
    [[nodiscard]] std::vector<std::string> groups_of(std::string_view /*user*/) const override { return {}; }
};

} // namespace

Memberships const& no_memberships()
{
    static NoMemberships const nobody;
    return nobody;
}

} // namespace jhub::rbac

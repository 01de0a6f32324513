#include "rbac/intersect.hpp"

#include <algorithm>

namespace jhub::rbac {
namespace {

std::string_view user_of_server(std::string_view value) { return value.substr(0, value.find('/')); }

// True when one of the holdings, all of the same scope, includes this one.
bool survives(Holding const& holding, std::span<Holding const> others, Memberships const& memberships)
{
    bool const is_server = holding.kind == FilterKind::server;
    std::string_view const user = is_server                          ? user_of_server(holding.value)
                                  : holding.kind == FilterKind::user ? std::string_view(holding.value)
                                                                     : std::string_view();
    return std::ranges::any_of(others, [&](Holding const& other) {
        if (other.kind == holding.kind && other.value == holding.value)
            return true;
        if (user.empty())
            return false;
        return (is_server && other.kind == FilterKind::user && other.value == user) ||
               (other.kind == FilterKind::group && memberships.is_member(user, other.value));
    });
}

void intersect_one_scope(std::span<Holding const> a, std::span<Holding const> b, Memberships const& memberships,
                         std::vector<Holding>& common)
{
    if (a.front().kind == FilterKind::none) {
        common.insert(common.end(), b.begin(), b.end());
        return;
    }
    if (b.front().kind == FilterKind::none) {
        common.insert(common.end(), a.begin(), a.end());
        return;
    }
    for (Holding const& holding : a) {
        if (survives(holding, b, memberships))
            common.push_back(holding);
    }
    for (Holding const& holding : b) {
        if (survives(holding, a, memberships))
            common.push_back(holding);
    }
}

} // namespace

ScopeSet intersect(ScopeSet const& a, ScopeSet const& b, Memberships const& memberships)
{
    std::vector<Holding> common;
    for (auto next = a.begin(); next != a.end();) {
        std::span<Holding const> const mine = a.of(next->scope);
        std::span<Holding const> const theirs = b.of(next->scope);
        if (!theirs.empty())
            intersect_one_scope(mine, theirs, memberships, common);
        next += static_cast<std::ptrdiff_t>(mine.size());
    }
    return ScopeSet(std::move(common));
}

} // namespace jhub::rbac

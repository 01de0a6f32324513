// Expanded scopes: which scope is held for everything, and which only for some users, groups, servers or services.
// A small sorted vector; no placeholders, no metascopes except a literal "inherit" (reference rbac.md §3).
#pragma once

#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rbac/scope_registry.hpp"

namespace jhub::rbac {

// What a holding is restricted to. The order is that of the sorted vector: unrestricted first.
enum class FilterKind : std::uint8_t { none, user, group, server, service };
[[nodiscard]] std::string_view to_string(FilterKind kind); // "user", …; "" for none

// One holding. server values are "USER/SERVER", the default server is "USER/"; names are not escaped.
struct Holding {
    Scope scope{};
    FilterKind kind = FilterKind::none;
    std::string value;
    auto operator<=>(Holding const&) const = default;
};

class ScopeSet {
  public:
    ScopeSet() = default;
    // Sorts, removes doubles, and drops restricted holdings of a scope that is also held for everything.
    explicit ScopeSet(std::vector<Holding> holdings);

    [[nodiscard]] bool empty() const { return holdings_.empty(); }
    [[nodiscard]] std::size_t size() const { return holdings_.size(); }
    [[nodiscard]] auto begin() const { return holdings_.begin(); }
    [[nodiscard]] auto end() const { return holdings_.end(); }

    // All holdings of one scope: either exactly one of kind none, or the restricted ones.
    [[nodiscard]] std::span<Holding const> of(Scope scope) const;
    // Held in any form, for everything, or exactly for this filter.
    [[nodiscard]] bool holds_any(Scope scope) const { return !of(scope).empty(); }
    [[nodiscard]] bool holds_all(Scope scope) const;
    [[nodiscard]] bool holds_exactly(Scope scope, FilterKind kind, std::string_view value) const;
    // The holding is in the set, or its scope is held for everything.
    [[nodiscard]] bool covers(Holding const& holding) const;

    void add(Holding holding);
    void add(ScopeSet const& other);

    bool operator==(ScopeSet const&) const = default;

  private:
    std::vector<Holding> holdings_;
};

// "users!group=staff"; sorted by text, as the API shows scopes.
[[nodiscard]] std::string to_string(Holding const& holding, ScopeRegistry const& registry);
[[nodiscard]] std::vector<std::string> to_strings(ScopeSet const& scopes, ScopeRegistry const& registry);

// Expanded scopes as they were stored or sent, taken literally: no subscopes are added (shares of a token's owner,
// reference rbac.md §6). Unknown names, placeholders and empty filters grant nothing and are left out.
[[nodiscard]] ScopeSet parse_expanded(std::span<std::string const> texts, ScopeRegistry const& registry);

} // namespace jhub::rbac

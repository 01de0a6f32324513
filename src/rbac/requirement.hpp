// What a route asks of its caller, as a column of the route tables:
//   {Method::get, "/users", needs(Scope::list_users).listing(), list_users},
//   {Method::get, "/health", anyone(), health},
// There is no default, so that no route can forget it. decide() is reference rest-api.md §1.4.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "rbac/check.hpp"

namespace jhub::rbac {

class Requirement {
  public:
    enum class Kind : std::uint8_t {
        anyone,    // open to the world
        signed_in, // any identified user or service
        scopes,    // one of the scopes, for what the path names
        handler,   // signed in or not, the handler decides (credentials in the body, requests about oneself)
    };
    static constexpr std::size_t max_scopes = 6;

    [[nodiscard]] constexpr Kind kind() const { return kind_; }
    [[nodiscard]] constexpr std::span<Scope const> any_of() const { return {scopes_.data(), count_}; }
    [[nodiscard]] constexpr bool is_listing() const { return listing_; }

    // A list endpoint: a restricted holding is enough, the handler shows only what it covers.
    [[nodiscard]] constexpr Requirement listing() const
    {
        Requirement changed = *this;
        changed.listing_ = true;
        return changed;
    }

    [[nodiscard]] constexpr bool is_about_server() const { return about_server_; }

    // About a server although the path names none: then it is the user's default server.
    [[nodiscard]] constexpr Requirement about_server() const
    {
        Requirement changed = *this;
        changed.about_server_ = true;
        return changed;
    }

    friend constexpr Requirement anyone();
    friend constexpr Requirement signed_in();
    friend constexpr Requirement decided_by_handler();
    template <typename... Scopes> friend constexpr Requirement needs(Scope first, Scopes... more);

  private:
    constexpr explicit Requirement(Kind kind) : kind_(kind) {}

    Kind kind_;
    std::uint8_t count_ = 0;
    bool listing_ = false;
    bool about_server_ = false;
    std::array<Scope, max_scopes> scopes_{};
};

[[nodiscard]] constexpr Requirement anyone() { return Requirement(Requirement::Kind::anyone); }
[[nodiscard]] constexpr Requirement signed_in() { return Requirement(Requirement::Kind::signed_in); }
[[nodiscard]] constexpr Requirement decided_by_handler() { return Requirement(Requirement::Kind::handler); }

// Any one of the scopes is enough.
template <typename... Scopes> [[nodiscard]] constexpr Requirement needs(Scope first, Scopes... more)
{
    static_assert(1 + sizeof...(more) <= Requirement::max_scopes);
    Requirement requirement(Requirement::Kind::scopes);
    for (Scope const scope : {first, more...})
        requirement.scopes_[requirement.count_++] = scope;
    return requirement;
}

// Decoded parameters of the matched path. has_server says that the route has a server parameter (which may be empty).
struct PathNames {
    std::optional<std::string> user, group, service, server;
    bool has_server = false;
};

// The filter that the path stands for, kept alive as a string: server=U/NAME, or user, group, service, or none.
struct PathTarget {
    FilterKind kind = FilterKind::none;
    std::string value;
    [[nodiscard]] Target view() const { return {kind, value}; }
};
[[nodiscard]] PathTarget target_of(PathNames const& names);

enum class Access : std::uint8_t {
    granted,
    hidden,    // looks as if it did not exist (404)
    forbidden, // 403
};

// identified: a user or service is known for the request.
[[nodiscard]] Access decide(Requirement const& requirement, bool identified, ScopeSet const& held, Target const& target,
                            Memberships const& memberships);

} // namespace jhub::rbac

// Scopes as people write them in roles, tokens and requests: "name", "name!kind=value" or "name!placeholder"
// (reference rbac.md §2), the check that they exist, and the rules for names of roles and custom scopes.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "rbac/scope_registry.hpp"
#include "rbac/scope_set.hpp"

namespace jhub::rbac {

struct RawScope {
    std::string_view base;   // before the first "!"
    std::string_view filter; // after it; empty when there is none
    bool has_filter = false;

    // "!user", "!service", "!server": filled in when it is known for whom the scope is.
    [[nodiscard]] bool is_placeholder() const;
};
[[nodiscard]] RawScope split_scope(std::string_view text);

struct Filter {
    FilterKind kind = FilterKind::none;
    std::string_view value;
};
// "kind=value" with a known kind and a value; kind none when the scope has no filter. Nothing for all else,
// placeholders included.
[[nodiscard]] std::optional<Filter> parse_filter(RawScope const& raw);

// Errc::invalid_argument with a message that names the scope and says what is wrong with it; "all" gets a hint to use
// "inherit", a misspelt name the nearest right one.
[[nodiscard]] Result<> check_scope_exists(std::string_view text, ScopeRegistry const& registry);
[[nodiscard]] Result<> check_scopes_exist(std::span<std::string const> texts, ScopeRegistry const& registry);

// 3 to 255 characters: a-z first, then a-z 0-9 - _ ~ . with a letter or digit at the end (reference rbac.md §4).
[[nodiscard]] Result<> check_role_name(std::string_view name);
// custom: and then at least three of a-z 0-9 _ - * : (reference rbac.md §8).
[[nodiscard]] Result<> check_custom_scope_name(std::string_view name);

} // namespace jhub::rbac

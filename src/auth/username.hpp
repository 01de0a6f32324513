// Rules for user names (reference auth-flow.md §9 steps 2 and 3).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace jhub::auth {

inline constexpr std::size_t maximum_name_length = 255; // bytes

// Lower case of every script, whatever the locale; invalid UTF-8 is returned unchanged.
[[nodiscard]] std::string lower_case_name(std::string_view name);

// c.Authenticator.username_pattern: has to match at the start of the name, not to its end. Matching is bounded: a
// pattern that would take too long counts as no match.
class UsernamePattern {
  public:
    UsernamePattern() = default; // matches everything
    // Errc::invalid_argument with the position when it is not a regular expression.
    static Result<UsernamePattern> compile(std::string_view pattern);
    [[nodiscard]] bool matches(std::string_view name) const;
    [[nodiscard]] std::string const& text() const { return text_; }

  private:
    struct Code;
    std::string text_;
    std::shared_ptr<Code const> code_;
};

// What holds for names of users, groups, servers and services alike. what: "a user name", for the message, which says
// which rule is broken: empty, too long, not UTF-8, control characters, "/", blanks at an end, "." and "..".
[[nodiscard]] Result<> check_name(std::string_view name, std::string_view what);
// The same, and the site's pattern.
[[nodiscard]] Result<> check_username(std::string_view name, UsernamePattern const& pattern);

} // namespace jhub::auth

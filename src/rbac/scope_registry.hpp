// Names to numbers and back, and the closure of "implies", for the built-in scopes and the site's custom ones
// (reference rbac.md §1, §8 "Custom scopes"). Filled at start-up, read-only afterwards; then safe from any thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"
#include "rbac/scope_table.hpp"

namespace jhub::rbac {

class ScopeRegistry {
  public:
    ScopeRegistry();

    // Takes the value of c.JupyterHub.custom_scopes: {"custom:name": {"description": …, "subscopes": […]}}.
    // Returns warnings (ignored keys). Errc::invalid_argument names the scope and what is wrong; then nothing changed.
    Result<std::vector<std::string>> define_custom(Json const& definitions);

    // The scope without a filter; "all" and "(no_scope)" are not scopes.
    [[nodiscard]] std::optional<Scope> find(std::string_view name) const;
    [[nodiscard]] std::string_view name(Scope scope) const;
    [[nodiscard]] std::string_view sentence(Scope scope) const;
    // The scope itself and all that it implies, transitively.
    [[nodiscard]] std::vector<Scope> const& closure(Scope scope) const;
    // All scopes that guard something: built-in and custom, in table order.
    [[nodiscard]] std::vector<Scope> all_real() const;

  private:
    struct Entry {
        std::string name;
        std::string sentence;
        std::vector<std::string> implies;
        std::vector<Scope> closure;
    };
    void close();

    std::vector<Entry> entries_; // index: the number of the scope
    std::map<std::string, Scope, std::less<>> by_name_;
};

} // namespace jhub::rbac

#include "rbac/scope_registry.hpp"

#include <algorithm>

#include "base/strings.hpp"
#include "rbac/raw_scope.hpp"

namespace jhub::rbac {
namespace {

constexpr std::size_t maximum_custom_scopes = 10'000;

std::size_t index_of(Scope scope) { return static_cast<std::size_t>(scope); }

struct CustomScope {
    std::string name;
    std::string description;
    std::vector<std::string> subscopes;
};

Result<CustomScope> read_custom_scope(std::string const& name, Json const& definition, Json const& all,
                                      std::vector<std::string>& warnings)
{
    CHECK(check_custom_scope_name(name));
    if (!definition.is_object() || !definition.contains("description") || !definition["description"].is_string())
        return fail(Errc::invalid_argument, "Custom scope " + name + " needs a description (a text).");
    CustomScope scope{name, definition["description"].get<std::string>(), {}};
    for (auto const& [key, value] : definition.items()) {
        if (key != "description" && key != "subscopes")
            warnings.push_back("Ignoring unknown key " + printable(key) + " in custom scope " + name + ".");
    }
    if (!definition.contains("subscopes"))
        return scope;
    if (!definition["subscopes"].is_array())
        return fail(Errc::invalid_argument, "The subscopes of custom scope " + name + " must be a list.");
    for (Json const& subscope : definition["subscopes"]) {
        if (!subscope.is_string() || !all.contains(subscope.get<std::string>()))
            return fail(Errc::invalid_argument,
                        "Custom scope " + name + " may only have subscopes that are defined " +
                            "beside it in custom_scopes, not " +
                            printable(subscope.is_string() ? subscope.get<std::string>() : to_python_json(subscope)) +
                            ".");
        scope.subscopes.push_back(subscope.get<std::string>());
    }
    return scope;
}

} // namespace

ScopeRegistry::ScopeRegistry()
{
    entries_.reserve(scope_table.size());
    for (ScopeEntry const& entry : scope_table) {
        std::vector<std::string> implies;
        if (!entry.implies.empty())
            implies = split(entry.implies, ' ');
        by_name_.emplace(entry.name, static_cast<Scope>(entries_.size()));
        entries_.push_back({std::string(entry.name), std::string(entry.sentence), std::move(implies), {}});
    }
    close();
}

Result<std::vector<std::string>> ScopeRegistry::define_custom(Json const& definitions)
{
    std::vector<std::string> warnings;
    if (!definitions.is_object())
        return fail(Errc::invalid_argument, "custom_scopes must be a dictionary of scope names and definitions.");
    if (definitions.size() > maximum_custom_scopes)
        return fail(Errc::invalid_argument, "custom_scopes has more than 10000 entries.");

    std::vector<CustomScope> added;
    for (auto const& [name, definition] : definitions.items()) {
        TRY(CustomScope scope, read_custom_scope(name, definition, definitions, warnings));
        if (auto const known = by_name_.find(name); known != by_name_.end()) {
            Entry const& entry = entries_[index_of(known->second)];
            if (entry.sentence != scope.description || entry.implies != scope.subscopes)
                return fail(Errc::invalid_argument, "Custom scope " + name + " is already defined differently.");
            continue;
        }
        added.push_back(std::move(scope));
    }
    for (CustomScope& scope : added) {
        by_name_.emplace(scope.name, static_cast<Scope>(entries_.size()));
        entries_.push_back({std::move(scope.name), std::move(scope.description), std::move(scope.subscopes), {}});
    }
    close();
    return warnings;
}

std::optional<Scope> ScopeRegistry::find(std::string_view name) const
{
    auto const found = by_name_.find(name);
    return found == by_name_.end() ? std::nullopt : std::optional(found->second);
}

std::string_view ScopeRegistry::name(Scope scope) const { return entries_.at(index_of(scope)).name; }

std::string_view ScopeRegistry::sentence(Scope scope) const { return entries_.at(index_of(scope)).sentence; }

std::vector<Scope> const& ScopeRegistry::closure(Scope scope) const { return entries_.at(index_of(scope)).closure; }

std::vector<Scope> ScopeRegistry::all_real() const
{
    std::vector<Scope> scopes;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        if (is_real(static_cast<Scope>(i)))
            scopes.push_back(static_cast<Scope>(i));
    }
    return scopes;
}

// Walks "implies" from every scope; a circle among custom scopes does no harm.
void ScopeRegistry::close()
{
    for (std::size_t start = 0; start < entries_.size(); ++start) {
        std::vector<Scope> reached{static_cast<Scope>(start)};
        for (std::size_t next = 0; next < reached.size(); ++next) {
            for (std::string const& name : entries_[index_of(reached[next])].implies) {
                Scope const scope = by_name_.find(name)->second;
                if (std::ranges::find(reached, scope) == reached.end())
                    reached.push_back(scope);
            }
        }
        std::ranges::sort(reached);
        entries_[start].closure = std::move(reached);
    }
}

} // namespace jhub::rbac

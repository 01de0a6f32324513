#include "rbac/scope_set.hpp"

#include <algorithm>
#include <tuple>

#include "rbac/raw_scope.hpp"

namespace jhub::rbac {
namespace {

// Sorted and unique; after an unrestricted holding (it sorts first) the restricted ones of its scope go.
void reduce(std::vector<Holding>& holdings)
{
    std::ranges::sort(holdings);
    auto const [first, last] = std::ranges::unique(holdings, [](Holding const& kept, Holding const& next) {
        return kept == next || (kept.scope == next.scope && kept.kind == FilterKind::none);
    });
    holdings.erase(first, last);
}

} // namespace

std::string_view to_string(FilterKind kind)
{
    switch (kind) {
    case FilterKind::none:
        return "";
    case FilterKind::user:
        return "user";
    case FilterKind::group:
        return "group";
    case FilterKind::server:
        return "server";
    case FilterKind::service:
        return "service";
    }
    return "";
}

ScopeSet::ScopeSet(std::vector<Holding> holdings) : holdings_(std::move(holdings)) { reduce(holdings_); }

std::span<Holding const> ScopeSet::of(Scope scope) const
{
    auto const range = std::ranges::equal_range(holdings_, scope, {}, &Holding::scope);
    return {range.begin(), range.end()};
}

bool ScopeSet::holds_all(Scope scope) const
{
    auto const held = of(scope);
    return !held.empty() && held.front().kind == FilterKind::none;
}

bool ScopeSet::holds_exactly(Scope scope, FilterKind kind, std::string_view value) const
{
    auto const wanted = std::tuple(scope, kind, value);
    auto const key = [](Holding const& holding) {
        return std::tuple(holding.scope, holding.kind, std::string_view(holding.value));
    };
    return std::ranges::binary_search(holdings_, wanted, {}, key);
}

bool ScopeSet::covers(Holding const& holding) const
{
    return holds_all(holding.scope) || holds_exactly(holding.scope, holding.kind, holding.value);
}

void ScopeSet::add(Holding holding)
{
    if (covers(holding))
        return;
    holdings_.push_back(std::move(holding));
    reduce(holdings_);
}

void ScopeSet::add(ScopeSet const& other)
{
    if (other.empty())
        return;
    holdings_.insert(holdings_.end(), other.begin(), other.end());
    reduce(holdings_);
}

std::string to_string(Holding const& holding, ScopeRegistry const& registry)
{
    std::string text(registry.name(holding.scope));
    if (holding.kind != FilterKind::none)
        text.append("!").append(to_string(holding.kind)).append("=").append(holding.value);
    return text;
}

std::vector<std::string> to_strings(ScopeSet const& scopes, ScopeRegistry const& registry)
{
    std::vector<std::string> texts;
    texts.reserve(scopes.size());
    for (Holding const& holding : scopes)
        texts.push_back(to_string(holding, registry));
    std::ranges::sort(texts);
    return texts;
}

ScopeSet parse_expanded(std::span<std::string const> texts, ScopeRegistry const& registry)
{
    std::vector<Holding> holdings;
    for (std::string const& text : texts) {
        RawScope const raw = split_scope(text);
        std::optional<Scope> const scope = registry.find(raw.base);
        std::optional<Filter> const filter = parse_filter(raw);
        if (scope && is_real(*scope) && filter)
            holdings.push_back({*scope, filter->kind, std::string(filter->value)});
    }
    return ScopeSet(std::move(holdings));
}

} // namespace jhub::rbac

#include "hub/dispatch/scope_descriptions.hpp"

#include "rbac/raw_scope.hpp"

namespace jhub::hub {
namespace {

std::string filter_words(rbac::RawScope const& raw)
{
    if (!raw.has_filter)
        return {};
    auto const equals = raw.filter.find('=');
    if (equals == std::string_view::npos)
        return "your own only";
    return std::string(raw.filter.substr(0, equals)) + " " + std::string(raw.filter.substr(equals + 1));
}

} // namespace

jinja::Value describe_scope(std::string_view scope, rbac::ScopeRegistry const& registry)
{
    auto const raw = rbac::split_scope(scope);
    auto const known = registry.find(raw.base);
    return jinja::Dict{{"scope", scope},
                       {"description", known ? registry.sentence(*known) : std::string_view()},
                       {"filter", filter_words(raw)}};
}

jinja::Value describe_no_scope()
{
    return jinja::Dict{{"scope", rbac::no_scope_name}, {"description", rbac::no_scope_sentence}, {"filter", ""}};
}

} // namespace jhub::hub

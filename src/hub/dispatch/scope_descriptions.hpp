// Scopes in words, for the pages that ask for consent: [{scope, description, filter}] (reference http-pages.md §10).
#pragma once

#include <string>
#include <string_view>

#include "jinja/value.hpp"
#include "rbac/scope_registry.hpp"

namespace jhub::hub {

// "servers!user=ada": its sentence, and "user ada" as filter, to be read after "Applies to".
[[nodiscard]] jinja::Value describe_scope(std::string_view scope, rbac::ScopeRegistry const& registry);
[[nodiscard]] jinja::Value describe_no_scope();

} // namespace jhub::hub

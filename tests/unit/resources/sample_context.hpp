// What the hub gives to the pages, with invented people: for the tests of the shipped templates.
#pragma once

#include <string_view>

#include "jinja/value.hpp"

namespace jhub::resources::test {

// The common namespace, and the variables of one template.
[[nodiscard]] jinja::Dict sample_context(std::string_view template_name);

} // namespace jhub::resources::test

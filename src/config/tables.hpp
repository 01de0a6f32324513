// The tables of options, one per topic; options.cpp joins them.
#pragma once

#include <array>
#include <span>

#include "config/options.hpp"

namespace jhub::config {

std::span<Option const> jupyterhub_options();
std::span<Option const> spawner_options();
std::span<Option const> authenticator_options();
std::span<Option const> proxy_options();

} // namespace jhub::config

// What the options of the command line must fulfil together, once each alone was understood.
#pragma once

#include <optional>
#include <string_view>

#include "proxy/options.hpp"

namespace jhub::proxy {

// How the program ends when its command line is wrong.
[[nodiscard]] Exit refuse(std::string_view message);

// Fills in what is worked out from other options; what to exit with when they contradict each other.
[[nodiscard]] std::optional<Exit> check_and_settle(Options& options);

} // namespace jhub::proxy

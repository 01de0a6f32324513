// What the start of the hub tells people to open.
#pragma once

#include <string>

#include "config/addresses.hpp"

namespace jhub::hub {

// What a person types into a browser on this machine: "http://localhost:8000/jh/"; a configured public URL as it is.
[[nodiscard]] std::string url_to_open(config::Addresses const& addresses);

} // namespace jhub::hub

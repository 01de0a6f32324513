// Small readers that settings_*.cpp share: parts of checked values, with messages that name the option.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "config/config.hpp"

namespace jhub::config {

// "JupyterHub.services (jupyterhub_config.py:7): problem".
[[nodiscard]] std::unexpected<Error> refuse(Config const& config, std::string_view class_name, std::string_view name,
                                            std::string_view problem);

// A number of seconds, or of days. Whoever writes 10**18 means for ever; a century is the most, so that sums with the
// time of day stay in range.
[[nodiscard]] std::chrono::seconds seconds(Config const& config, std::string_view class_name, std::string_view name);
[[nodiscard]] std::chrono::seconds days(Config const& config, std::string_view class_name, std::string_view name);

// A dictionary of texts, in the order it was written.
[[nodiscard]] Result<std::vector<std::pair<std::string, std::string>>>
text_pairs(Config const& config, std::string_view class_name, std::string_view name);
[[nodiscard]] Result<std::map<std::string, std::string>> text_map(Config const& config, std::string_view class_name,
                                                                  std::string_view name);

// A list, tuple, set of texts, or one text; nullopt for anything else.
[[nodiscard]] std::optional<std::vector<std::string>> texts_of(Json const& value);

} // namespace jhub::config

// The parts that settings.cpp puts together, one function per topic.
#pragma once

#include <string>
#include <vector>

#include "config/settings.hpp"

namespace jhub::config {

using Warnings = std::vector<std::string>;

[[nodiscard]] Result<> read_secrets(Config const& config, Environment const& environment, HubSettings& hub,
                                    Warnings& warnings);
[[nodiscard]] Result<> read_tornado_settings(Config const& config, TornadoSettings& result);
[[nodiscard]] Result<std::vector<GroupSpec>> read_groups(Config const& config, Warnings& warnings);
[[nodiscard]] Result<std::vector<RoleSpec>> read_roles(Config const& config, Warnings& warnings);
[[nodiscard]] Result<std::vector<CustomScope>> read_custom_scopes(Config const& config);
[[nodiscard]] Result<std::vector<ServiceSpec>> read_services(Config const& config, Warnings& warnings);
[[nodiscard]] Result<IdleCullerSettings> read_idle_culler(Config const& config);
[[nodiscard]] Result<std::vector<EventTarget>> read_event_targets(Config const& config);
[[nodiscard]] Result<Addresses> read_addresses(Config const& config, Warnings& warnings);
[[nodiscard]] Result<HubSettings> read_hub(Config const& config, Environment const& environment, Warnings& warnings);
[[nodiscard]] Result<AuthenticatorSettings> read_authenticator(Config const& config, Warnings& warnings);
[[nodiscard]] Result<ProxySettings> read_proxy(Config const& config, Environment const& environment,
                                               Addresses const& addresses, Warnings& warnings);

// The variable's value, "" when it is not set.
[[nodiscard]] std::string variable(Environment const& environment, std::string_view name);

} // namespace jhub::config

// The environment of a managed service, as reference services.md §5 has it. Pure: what it needs is handed in.
#pragma once

#include <optional>
#include <string>

#include "config/settings.hpp"
#include "hub/core/environment.hpp"
#include "hub/core/urls.hpp"
#include "privileged/types.hpp"

namespace jhub::hub::services {

struct ServiceEnvironmentInput {
    Urls const& urls;
    config::ServiceSpec const& spec;
    std::string api_token;
    Environment kept;                           // variables that the hub itself has and local servers inherit
    std::optional<privileged::Account> account; // of `user`, when the service names one
};

[[nodiscard]] Environment build_service_environment(ServiceEnvironmentInput const& input);

} // namespace jhub::hub::services

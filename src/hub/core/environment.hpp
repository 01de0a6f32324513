// The environment of a single-user server, in the order and with the values of reference spawner.md §4. Pure: what it
// needs is handed in. USER, HOME and SHELL are added by the local spawners, who know the account.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "hub/core/urls.hpp"

namespace jhub::hub {

using Environment = std::vector<std::pair<std::string, std::string>>;

// Sets or replaces, keeping the place of a variable that is already there.
void set_variable(Environment& environment, std::string_view name, std::string value);

// Those of the names that the hub itself has. Logic thread.
[[nodiscard]] Environment kept_variables(std::vector<std::string> const& names);

struct EnvironmentInput {
    Urls const& urls;
    std::string user, server; // server is empty for the default one
    std::string api_token;
    std::string service_url; // http://127.0.0.1:PORT/user/ada/
    Environment kept;        // env_keep names that the hub itself has
    bool admin_access = false;
    Json cookie_options = Json::object();
    bool cookie_host_prefix = false;
    std::vector<std::string> client_allowed_scopes;
    std::optional<std::string> hub_connect_url; // Spawner.hub_connect_url
    std::optional<std::uint64_t> mem_limit, mem_guarantee;
    std::optional<double> cpu_limit, cpu_guarantee;
    std::string notebook_dir, default_url; // {username} and {base_url} not yet filled in
    bool debug = false, disable_user_config = false;
    Environment configured; // Spawner.environment: wins over all above
};

[[nodiscard]] Environment build_environment(EnvironmentInput const& input);

// {username} and {base_url} in notebook_dir, default_url and args.
[[nodiscard]] std::string fill_template(std::string text, std::string_view user, std::string_view base_url);

// ["access:servers!server=ada/lab","access:servers!user=ada"]
[[nodiscard]] std::vector<std::string> access_scopes(std::string_view user, std::string_view server);

} // namespace jhub::hub

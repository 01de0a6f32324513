// Options of the spawner in use as a plain struct, and the overrides that groups and users bring (reference config.md
// §2, §3).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "config/config.hpp"

namespace jhub::config {

// One entry of Spawner.group_overrides; entries are in the order of their keys.
struct GroupOverride {
    std::string key;
    std::vector<std::string> groups;
    Json spawner_override = Json::object(); // option name → value
};

struct SpawnerSettings {
    std::string class_name;
    std::string ip;
    std::uint16_t port = 0; // 0: a free one at each start
    std::vector<std::string> cmd, args;
    std::vector<std::pair<std::string, std::string>> environment; // applied last
    std::vector<std::string> env_keep;
    std::string notebook_dir, default_url; // {username} and {base_url} not yet filled in
    bool disable_user_config = false, debug = false;
    std::optional<std::int64_t> mem_limit, mem_guarantee; // bytes
    std::optional<double> cpu_limit, cpu_guarantee;
    std::chrono::seconds start_timeout{}, http_timeout{};
    std::chrono::seconds poll_interval{}; // 0 or less: never
    double poll_jitter = 0;
    std::int64_t consecutive_failure_limit = 0; // 0: off
    std::string options_form;
    std::string options_from_form;                                       // "passthrough" or "simple"
    std::vector<std::pair<std::string, std::string>> apply_user_options; // field of user_options → option name
    bool ignores_user_options = false; // apply_user_options is None: non-empty options get a warning
    std::vector<GroupOverride> group_overrides;
    std::vector<std::string> oauth_client_allowed_scopes, oauth_roles, server_token_scopes;
    std::string hub_connect_url;
    std::vector<std::string> ssl_alt_names;
    bool ssl_alt_names_include_local = true;
    // LocalProcessSpawner
    std::chrono::seconds interrupt_timeout{}, term_timeout{}, kill_timeout{};
    std::vector<std::string> shell_cmd;
    // SimpleLocalProcessSpawner
    std::string home_dir_template;
};

// The spawner's options, with overrides (option name → value) on top: dictionaries are merged, where None removes a
// key; other values replace. Errc::invalid_argument names the override that does not fit.
[[nodiscard]] Result<SpawnerSettings> spawner_settings(Config const& config, std::vector<Json> const& overrides = {});

// The same with values that replace the configured ones whole: what hooks have set, or a user's own options. A text
// that does not fit is read as on the command line.
[[nodiscard]] Result<SpawnerSettings> with_values(Config const& config, std::vector<Json> const& overrides,
                                                  Json const& values);

} // namespace jhub::config

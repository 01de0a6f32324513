// A service as the database keeps it (reference database.md §3 "services"). Optional fields were not given in the
// service's definition and stay NULL.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"

namespace jhub::model {

struct ServiceRow {
    std::int64_t id = 0;
    std::string name;
    bool admin = false;
    std::optional<std::string> url;
    std::optional<std::vector<std::string>> oauth_client_allowed_scopes;
    std::optional<Json> info;
    std::optional<bool> display;
    std::optional<bool> oauth_no_confirm;
    std::optional<std::vector<std::string>> command;
    std::optional<std::string> cwd;
    std::optional<Json> environment;
    std::optional<std::string> user;
    bool from_config = true; // false: made over the REST API, kept when the configuration does not name it
    std::optional<std::int64_t> server_id;
    std::optional<int> pid; // unused by every release
    std::optional<std::string> oauth_client_id;
};

} // namespace jhub::model

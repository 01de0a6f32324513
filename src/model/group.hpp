// A group as the database keeps it (reference database.md §3 "groups").
#pragma once

#include <cstdint>
#include <string>

#include "base/json.hpp"

namespace jhub::model {

struct Group {
    std::int64_t id = 0;
    std::string name;
    Json properties = Json::object();
};

} // namespace jhub::model

// Reads the cases beside this file; their format is described in reference.py.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/json.hpp"

namespace jhub::jinja::test {

struct Case {
    std::string key; // "file: name of the case"
    Json context;
    Json options;
    std::map<std::string, std::string, std::less<>> files; // the one to render is "main"
};

[[nodiscard]] std::vector<Case> read_cases();
[[nodiscard]] Json read_json(std::string const& name);
[[nodiscard]] std::string directory(); // of these tests

} // namespace jhub::jinja::test

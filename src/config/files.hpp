// The configuration files: BASE.py and BASE.json of the name that was given (reference cli.md §1.6).
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "config/load.hpp"

namespace jhub::config {

struct FileChoice {
    std::string name;                                // as given; its ending is replaced
    bool explicitly = false;                         // somebody asked for it, so it must exist
    Trust trust = Trust::if_only_root_can_change_it; // when this process is root
};

struct ReadFiles {
    Sections sections;
    std::vector<std::string> names; // those that were read, whatever they set
};

// Both files merged; the .json wins, with a warning. Exit: a missing, broken or ending file.
[[nodiscard]] std::expected<ReadFiles, Exit> read_files(FileChoice const& choice, Environment const& environment,
                                                        PythonReader const& read_python,
                                                        std::vector<std::string>& warnings);

} // namespace jhub::config

// Texts made from the option tables: help, sample configuration file, reference page.
#pragma once

#include <iosfwd>
#include <string>

#include "config/command_line.hpp"

namespace jhub::config {

// --help and --help-all, of the hub or of a subcommand
[[nodiscard]] std::string short_help(Mode mode = Mode::run);
[[nodiscard]] std::string long_help(Mode mode = Mode::run);
[[nodiscard]] std::string sample_file();    // --generate-config
[[nodiscard]] std::string reference_page(); // docs/reference/options.md

// Writes the sample file; asks before it overwrites unless answer_yes. Returns the exit code.
[[nodiscard]] int write_sample_file(std::string const& path, bool answer_yes, std::istream& in, std::ostream& out,
                                    std::ostream& err);

} // namespace jhub::config

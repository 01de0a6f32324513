// The words of the command line, sorted into options and the rest (reference cli.md §1.1–1.3). Values stay texts.
#pragma once

#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"
#include "config/load.hpp"

namespace jhub::config {

struct Flag {
    std::string_view name; // --name
    std::string_view option;
    std::string_view value;
    std::string_view help;
};

struct Alias {
    std::string_view name; // --name, or -n for one letter
    std::string_view option;
    std::string_view help;
};

struct Subcommand {
    std::string_view name;
    Mode mode;
    std::string_view arguments; // before the options
    std::string_view help;
    std::string_view details; // of its own help
};

[[nodiscard]] std::span<Flag const> flags();
[[nodiscard]] std::span<Alias const> aliases();
[[nodiscard]] std::span<Subcommand const> subcommands();

struct Words {
    Mode mode = Mode::run;
    enum class Help : std::uint8_t { none, brief, all };
    Help help = Help::none;
    bool version = false;
    Sections sections; // each setting waits as texts
    std::vector<std::string> positional;
    std::vector<std::string> warnings;
};

// arguments without the program's name. Usage errors end with 2, contradictions with 1.
[[nodiscard]] std::expected<Words, Exit> sort_words(std::vector<std::string> const& arguments);

} // namespace jhub::config

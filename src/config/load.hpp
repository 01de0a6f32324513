// From argc and argv to a checked configuration: command line, jupyterhub_config.py and .json, precedence, modes that
// end at once (reference cli.md §1.1–1.6). Blocks; called once, before any thread is started.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "base/json.hpp"
#include "base/trust.hpp"
#include "config/config.hpp"

namespace jhub::config {

enum class Mode : std::uint8_t {
    run,
    token,            // jupyterhub token NAME
    upgrade_db,       // jupyterhub upgrade-db
    generate_certs,   // to be done by the caller
    show_config,      // initialise fully, then print show_config(config) and exit 0
    show_config_json, // initialise fully, then print show_config_json(config) and exit 0
};

struct CommandLine {
    Mode mode = Mode::run;
    std::vector<std::string> positional; // token: the user name, if given; never more than one
};

struct Loaded {
    CommandLine command_line;
    Config config;
    std::vector<std::string> files;    // that were read, also those that set nothing
    std::vector<std::string> warnings; // one line each, to be logged as WARNING once the log is configured
};

// The program ends now: print out and err, return code.
struct Exit {
    int code = 0;
    std::string out;
    std::string err;
};

using Environment = std::map<std::string, std::string, std::less<>>;

// Evaluates jupyterhub_config.py; python::evaluate_config is the real one. The answer is what src/python/host/README
// describes; {"refused": sentence} when root does not run what others can change. Handed in by main(), because this
// layer does not know python/.
using PythonReader = std::function<Result<Json>(std::string const& file, Environment const& environment, Trust trust)>;

[[nodiscard]] std::variant<Loaded, Exit> load(int argc, char const* const* argv, Environment const& environment,
                                              PythonReader const& read_python);

// The process's own environment as a map.
[[nodiscard]] Environment process_environment();

// What --show-config and --show-config-json print on stdout; secrets as [secret].
[[nodiscard]] std::string show_config(Config const& config);
[[nodiscard]] std::string show_config_json(Config const& config);

} // namespace jhub::config

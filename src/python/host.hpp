// Runs Python for the hub in a process of its own: evaluates jupyterhub_config.py with a real interpreter, so that any
// Python is allowed there and none can crash the hub. Knows nothing of options.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "base/json.hpp"
#include "base/trust.hpp"
#include "python/child.hpp"

namespace jhub::python {

using Environment = std::map<std::string, std::string, std::less<>>;

struct Limits {
    std::chrono::milliseconds evaluation{60'000}; // then the interpreter is killed
    std::size_t answer_bytes = 64 << 20;
};

// The interpreter: $JUPYTERHUB_PYTHON, else /usr/bin/python3, else the first python3 in $PATH.
// Errc::not_found with advice when there is none.
[[nodiscard]] Result<std::string> find_interpreter(Environment const& environment);

// Evaluates the file with c, get_config, load_subconfig and __file__; print() goes to our own stdout and stderr.
// The answer: {"sections": {Class: {name: {"value": …, "file": …, "line": …}}}}, where values are JSON with the tags of
// config/value.hpp; or {"exit": code} when the file called sys.exit; or {"error": "RuntimeError: …"} after the
// traceback has been printed; or {"refused": sentence} when this process is root and a module or another file of the
// configuration lies where others can change it, unless trust says that this is meant. Errors: Errc::timeout,
// Errc::not_found (no Python), Errc::forbidden (others can change the interpreter), Errc::failed (it died).
// Blocks; call from the main thread (the interpreter dies with the calling thread).
// "live": true beside the sections: something stays in Python, and the interpreter goes on to answer calls.
struct Evaluation {
    Json answer;
    std::optional<Child> interpreter; // set when it is live
};
[[nodiscard]] Result<Evaluation> evaluate(std::string const& file, Environment const& environment, Limits limits = {},
                                          Trust trust = Trust::if_only_root_can_change_it);

// The answer alone; the interpreter ends.
[[nodiscard]] Result<Json> evaluate_config(std::string const& file, Environment const& environment, Limits limits = {},
                                           Trust trust = Trust::if_only_root_can_change_it);

// How the interpreter is started: words, and NAME=value. Errc::not_found when there is none, Errc::forbidden when
// somebody but root can change it.
struct InterpreterCommand {
    std::vector<std::string> words, variables;
};
[[nodiscard]] Result<InterpreterCommand> interpreter_command(Environment const& environment,
                                                             Trust trust = Trust::if_only_root_can_change_it);

// For an interpreter with the number of a descriptor as its one more word, which reads both there and needs nobody to
// tell it: what to evaluate, and what it is told then.
[[nodiscard]] std::string settled_request(std::string const& file, Json const& greeting);

// The two halves of evaluate(), for those who wait in another way: the interpreter, and the one line it is sent.
// The interpreter runs isolated: the working directory and the PYTHON… variables decide nothing, but for PYTHONPATH and
// a few that host/guard.py and the command line bring back.
[[nodiscard]] Result<Child> start_interpreter(Environment const& environment,
                                              Trust trust = Trust::if_only_root_can_change_it);
[[nodiscard]] std::string evaluation_request(std::string const& file);

} // namespace jhub::python

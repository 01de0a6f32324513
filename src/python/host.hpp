// Runs Python for the hub in a process of its own: evaluates jupyterhub_config.py with a real interpreter, so that any
// Python is allowed there and none can crash the hub. Knows nothing of options.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>

#include "base/json.hpp"

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
// traceback has been printed. Errors: Errc::timeout, Errc::not_found (no Python), Errc::failed (the interpreter died).
// Blocks; call from the main thread (the interpreter dies with the calling thread).
[[nodiscard]] Result<Json> evaluate_config(std::string const& file, Environment const& environment, Limits limits = {});

} // namespace jhub::python

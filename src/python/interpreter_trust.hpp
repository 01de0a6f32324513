// Whether root may run a Python interpreter: the program, and the part of its standard library that it loads before any
// line of ours can look (host/guard.py looks at everything after that).
#pragma once

#include <string>

#include "base/result.hpp"
#include "python/host.hpp"

namespace jhub::python {

// Errc::forbidden with place, reason and what to do, when somebody but root and the person who called sudo can change
// what would run. Always good when this process is not root.
[[nodiscard]] Result<> check_interpreter(std::string const& interpreter, Environment const& environment);

} // namespace jhub::python

// The Python sources of src/python/host, put into the program at build time.
#pragma once

#include <string>
#include <vector>

namespace jhub::python {

struct EmbeddedModule {
    std::string name; // without .py
    std::string source;
};

// In an order in which each module imports only earlier ones; guard is the first, bootstrap the last.
[[nodiscard]] std::vector<EmbeddedModule> const& embedded_modules();

} // namespace jhub::python

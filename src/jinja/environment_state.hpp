// The inside of Environment, for environment.cpp and the renderer.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "jinja/environment.hpp"
#include "jinja/parser.hpp"

namespace jhub::jinja {

struct Environment::State {
    Loader loader;
    Options options;
    SymbolTable symbols;
    std::vector<Value> globals;                                              // by symbol
    std::map<std::string, std::unique_ptr<Template>, std::less<>> templates; // nullptr: looked for, not there
};

} // namespace jhub::jinja

// Source to Template. A construct that is not known is an error with file and line.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "jinja/ast.hpp"
#include "jinja/environment.hpp"

namespace jhub::jinja {

class SymbolTable {
  public:
    Symbol intern(std::string_view name);
    [[nodiscard]] std::optional<Symbol> find(std::string_view name) const;
    [[nodiscard]] std::size_t size() const { return symbols_.size(); }

  private:
    std::map<std::string, Symbol, std::less<>> symbols_;
};

// A parsed template. Lives as long as its environment.
class Template {
  public:
    std::string name;
    Body body;
    std::map<std::string, Block const*, std::less<>> blocks; // all of it, nested ones too
};

// Throws a located Failure.
[[nodiscard]] std::unique_ptr<Template> parse(std::string_view name, std::string_view source, Options const& options,
                                              SymbolTable& symbols);

} // namespace jhub::jinja

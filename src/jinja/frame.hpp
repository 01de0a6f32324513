// What a rendering works on. A Renderer lives for one rendering and owns the contexts and the scopes that macros
// refer to; a Context is one template's variables and blocks; a Frame is the place where a statement runs.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "jinja/ast.hpp"
#include "jinja/environment.hpp"
#include "jinja/parser.hpp"

namespace jhub::jinja {

// Variables of one block, loop, macro …; names that are not here are looked for further out.
class Scope {
  public:
    explicit Scope(Scope const* outer = nullptr) : outer_(outer) {}
    [[nodiscard]] Scope const* outer() const { return outer_; }
    [[nodiscard]] Value const* find(Symbol symbol) const; // in this scope alone
    void set(Symbol symbol, Value value);
    void clear() { variables_.clear(); }

  private:
    Scope const* outer_;
    std::vector<std::pair<Symbol, Value>> variables_;
};

// A block as one template of the inheritance chain defines it.
struct BlockEntry {
    Block const* block;
    Template const* owner;
};

// The variables and blocks of a rendered, included or imported template.
struct Context {
    Scope top;                                                  // assigned at top level
    Context const* outer = nullptr;                             // of the template that includes this one
    Scope const* outer_scope = nullptr;                         // and the scope it did so in
    bool sees_variables = true;                                 // false for imports without context
    Template const* parent = nullptr;                           // set by {% extends %}
    std::map<std::string_view, std::vector<BlockEntry>> blocks; // the most derived first
};

struct Frame {
    Renderer& renderer;
    Context& context;
    Template const& owner; // whose file and line messages name
    Scope* scope;          // nullptr: top level, variables go to context.top
    std::string* out;
    bool autoescape = true;
    bool top_level = false; // after {% extends %} such output is dropped
    Value const* captured = nullptr;

    [[nodiscard]] Value const* find(Symbol symbol) const; // nullptr: no such variable
    void set(Symbol symbol, Value value);
    void assign(Target const& target, Value const& value);
    [[nodiscard]] bool output_dropped() const { return top_level && context.parent; }
    void write(Value const& value) const; // escaped if need be
};

class Renderer {
  public:
    // The references must outlive the renderer.
    Renderer(Environment& environment, Options const& options, SymbolTable& symbols, std::vector<Value> const& globals,
             Dict const& variables);

    void render(Template const& root, std::string& out);
    // Runs a template's top level and that of the templates it extends.
    void run(Template const& root, Context& context, std::string& out);
    void run_body(Body const& body, Frame& frame);
    // Runs a block as the template at that depth of the inheritance chain defines it.
    void run_block(std::string_view name, std::size_t depth, Context& context, Scope const* outer, std::string& out);
    // What {{ super() }} and {{ self.name() }} give: the text of a block, undefined if nobody defines it.
    [[nodiscard]] Value block_function(std::string_view name, std::size_t depth, Context& context, Scope const* outer);

    // The first of these templates that exists.
    [[nodiscard]] Template const* first_of(Value const& name_or_names);
    Context& new_context();
    Scope& keep_scope(Scope const* outer); // one that lives as long as this rendering
    [[nodiscard]] Value const* variable(Symbol symbol) const;
    [[nodiscard]] Value const* global(Symbol symbol) const;
    [[nodiscard]] Options const& options() const { return options_; }
    [[nodiscard]] SymbolTable const& symbols() const { return symbols_; }

    void step(); // counts work; gives up when it is too much

    // Held while something calls into something else; gives up when it goes too deep.
    class Depth {
      public:
        explicit Depth(Renderer& renderer);
        ~Depth() { --renderer_.depth_; }
        Depth(Depth const&) = delete;
        Depth& operator=(Depth const&) = delete;

      private:
        Renderer& renderer_;
    };

  private:
    Environment& environment_;
    Options const& options_;
    SymbolTable& symbols_;
    std::vector<Value> const& globals_; // by symbol
    Dict const& variables_;
    std::vector<Value const*> slots_; // variables by symbol
    std::deque<Context> contexts_;
    std::deque<Scope> kept_scopes_;
    Symbol self_symbol_;
    std::int64_t steps_ = 0;
    int depth_ = 0;
};

// A scope for the time of a body: on the stack, or kept if the body makes closures.
class NestedScope {
  public:
    NestedScope(Frame const& around, Scope const* outer, Body const& body)
        : local_(outer), scope_(body.makes_closures ? around.renderer.keep_scope(outer) : local_)
    {
    }
    NestedScope(Frame const& around, Body const& body) : NestedScope(around, around.scope, body) {}
    NestedScope(NestedScope const&) = delete;
    NestedScope& operator=(NestedScope const&) = delete;

    // The frame around, but with this scope.
    [[nodiscard]] Frame frame(Frame const& around)
    {
        Frame inner = around;
        inner.scope = &scope_;
        return inner;
    }
    Scope* operator->() { return &scope_; }

  private:
    Scope local_;
    Scope& scope_;
};

// A macro or call block as a value.
[[nodiscard]] Value make_macro(MacroDefinition const& definition, Frame const& frame);

} // namespace jhub::jinja

// The parsed form of a template. Expressions evaluate themselves, statements render themselves; both are immutable
// after parsing. evaluate_*.cpp and render_*.cpp hold the bodies, frame.hpp what they work on.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "jinja/value.hpp"

namespace jhub::jinja {

struct Frame;
struct FilterEntry; // filters.hpp
struct TestEntry;   // tests.hpp

// A variable name as a number; one table per environment, so that a look-up compares integers.
using Symbol = std::uint32_t;

struct Expression {
    virtual ~Expression() = default;
    [[nodiscard]] virtual Value evaluate(Frame& frame) const = 0;
    // The value in place, where it is stored already; nullptr: use evaluate(). Spares copies of variables.
    [[nodiscard]] virtual Value const* peek(Frame&) const { return nullptr; }
    // How a message calls it: "'user'" or "the value".
    [[nodiscard]] virtual std::string described() const { return "the value"; }
};
using ExpressionPointer = std::unique_ptr<Expression const>;
using Expressions = std::vector<ExpressionPointer>;

struct Statement {
    explicit Statement(int at_line) : line(at_line) {}
    virtual ~Statement() = default;
    virtual void render(Frame& frame) const = 0;
    int line;
};

// Statements of one scope.
struct Body {
    std::vector<std::unique_ptr<Statement const>> statements;
    bool makes_closures = false; // a macro in it may refer to its scope later, so the scope must outlive it
};

// --- expressions ---

struct Constant final : Expression {
    explicit Constant(Value constant) : value(std::move(constant)) {}
    Value evaluate(Frame&) const override { return value; }
    Value const* peek(Frame&) const override { return &value; }
    Value value;
};

struct Name final : Expression {
    Name(Symbol name_symbol, std::string name_text) : symbol(name_symbol), text(std::move(name_text)) {}
    Value evaluate(Frame& frame) const override;
    Value const* peek(Frame& frame) const override;
    std::string described() const override { return "'" + text + "'"; }
    Symbol symbol;
    std::string text;
};

struct SequenceLiteral final : Expression {
    Value evaluate(Frame& frame) const override;
    Expressions items;
    bool is_tuple = false;
};

struct DictLiteral final : Expression {
    Value evaluate(Frame& frame) const override;
    std::vector<std::pair<ExpressionPointer, ExpressionPointer>> entries;
};

struct GetAttribute final : Expression {
    Value evaluate(Frame& frame) const override;
    std::string described() const override;
    ExpressionPointer object;
    std::string name;
};

struct GetItem final : Expression {
    Value evaluate(Frame& frame) const override;
    ExpressionPointer object;
    ExpressionPointer key;
};

struct GetSlice final : Expression {
    Value evaluate(Frame& frame) const override;
    ExpressionPointer object;
    ExpressionPointer from, to, step; // each may be missing
};

using NamedArgument = std::pair<std::string, ExpressionPointer>;

struct ArgumentList {
    Expressions positional;
    std::vector<NamedArgument> named;
    ExpressionPointer more_positional; // *expression
    ExpressionPointer more_named;      // **expression
    [[nodiscard]] Arguments evaluate(Frame& frame) const;
};

struct CallExpression final : Expression {
    Value evaluate(Frame& frame) const override;
    // With a caller added, for {% call %}.
    [[nodiscard]] Value call(Frame& frame, std::optional<Value> caller) const;
    ExpressionPointer callee;
    ArgumentList arguments;
};

struct FilterExpression final : Expression {
    Value evaluate(Frame& frame) const override;
    FilterEntry const* filter = nullptr;
    ExpressionPointer input;
    ArgumentList arguments;
};

// What a filter block or a set block captured: the innermost input of its filters.
struct CapturedText final : Expression {
    Value evaluate(Frame& frame) const override;
};

struct TestExpression final : Expression {
    Value evaluate(Frame& frame) const override;
    TestEntry const* test = nullptr;
    ExpressionPointer input;
    ArgumentList arguments;
};

enum class UnaryOperator { plus, minus, logical_not };
struct Unary final : Expression {
    Value evaluate(Frame& frame) const override;
    UnaryOperator kind{};
    ExpressionPointer operand;
};

enum class BinaryOperator { add, subtract, multiply, divide, floor_divide, modulo, power };
struct Binary final : Expression {
    Value evaluate(Frame& frame) const override;
    BinaryOperator kind{};
    ExpressionPointer left, right;
};

enum class Comparison { equal, not_equal, less, less_or_equal, greater, greater_or_equal, in, not_in };
struct Compare final : Expression { // a < b < c
    Value evaluate(Frame& frame) const override;
    ExpressionPointer first;
    std::vector<std::pair<Comparison, ExpressionPointer>> rest;
};

struct Logical final : Expression {
    Value evaluate(Frame& frame) const override;
    bool is_and = false;
    ExpressionPointer left, right;
};

struct Concatenation final : Expression { // a ~ b ~ c
    Value evaluate(Frame& frame) const override;
    Expressions parts;
};

struct Conditional final : Expression { // value if condition else otherwise
    Value evaluate(Frame& frame) const override;
    ExpressionPointer condition, value, otherwise; // otherwise may be missing
};

// --- statements ---

// What a for loop or a set statement assigns to: a name, names in a tuple, or an attribute of a namespace.
struct Target {
    Symbol symbol = 0;
    std::string name;
    std::string attribute;       // namespace member
    std::vector<Target> members; // tuple, if not empty
};

struct Data final : Statement {
    using Statement::Statement;
    void render(Frame& frame) const override;
    std::string text;
};

struct Output final : Statement {
    using Statement::Statement;
    void render(Frame& frame) const override;
    ExpressionPointer expression;
};

struct If final : Statement {
    using Statement::Statement;
    void render(Frame& frame) const override;
    std::vector<std::pair<ExpressionPointer, Body>> branches;
    Body otherwise;
};

struct For final : Statement {
    using Statement::Statement;
    void render(Frame& frame) const override;
    void render_items(Frame& frame, Value const& iterable, int depth) const;
    Target target;
    ExpressionPointer iterable;
    ExpressionPointer condition; // may be missing
    Body body;
    Body otherwise;
    bool recursive = false;
    Symbol loop_symbol = 0;
};

struct Set final : Statement {
    using Statement::Statement;
    void render(Frame& frame) const override;
    Target target;
    ExpressionPointer value;
};

struct SetBlock final : Statement {
    using Statement::Statement;
    void render(Frame& frame) const override;
    Target target;
    Body body;
    ExpressionPointer filtered; // filters around CapturedText; may be missing
};

struct With final : Statement {
    using Statement::Statement;
    void render(Frame& frame) const override;
    std::vector<std::pair<Target, ExpressionPointer>> values;
    Body body;
};

struct Autoescape final : Statement {
    using Statement::Statement;
    void render(Frame& frame) const override;
    ExpressionPointer enabled;
    Body body;
};

struct FilterBlock final : Statement {
    using Statement::Statement;
    void render(Frame& frame) const override;
    ExpressionPointer filtered; // filters around CapturedText
    Body body;
};

struct Block final : Statement {
    using Statement::Statement;
    void render(Frame& frame) const override;
    std::string name;
    bool scoped = false;
    bool required = false;
    Symbol super_symbol = 0;
    bool uses_super = false;
    Body body;
};

struct Extends final : Statement {
    using Statement::Statement;
    void render(Frame& frame) const override;
    ExpressionPointer parent;
};

struct Include final : Statement {
    using Statement::Statement;
    void render(Frame& frame) const override;
    ExpressionPointer name; // a name or a list of names, the first that exists
    bool ignore_missing = false;
    bool with_context = true;
};

struct Import final : Statement { // import … as …, and from … import …
    using Statement::Statement;
    void render(Frame& frame) const override;
    ExpressionPointer name;
    std::optional<Target> whole;                         // import … as
    std::vector<std::pair<std::string, Target>> members; // from … import
    bool with_context = false;
};

// The signature and body that macros and call blocks share.
struct MacroDefinition {
    struct Parameter {
        Symbol symbol;
        std::string name;
        ExpressionPointer fallback; // may be missing
    };
    std::string name;
    std::vector<Parameter> parameters;
    Symbol caller_symbol = 0, varargs_symbol = 0, kwargs_symbol = 0;
    bool takes_more_positional = false; // the body uses varargs
    bool takes_more_named = false;      // the body uses kwargs
    bool takes_caller = false;          // the body uses caller
    Body body;
};

struct Macro final : Statement {
    using Statement::Statement;
    void render(Frame& frame) const override;
    Target target;
    MacroDefinition definition;
};

struct CallBlock final : Statement {
    using Statement::Statement;
    void render(Frame& frame) const override;
    std::unique_ptr<CallExpression const> call;
    MacroDefinition caller;
};

} // namespace jhub::jinja

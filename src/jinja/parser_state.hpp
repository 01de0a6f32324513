// What the two halves of the parser share: the tokens, the place in them, and the rules for names.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "jinja/ast.hpp"
#include "jinja/lexer.hpp"
#include "jinja/parser.hpp"

namespace jhub::jinja {

class Parser {
  public:
    Parser(Template& result, std::vector<Token> tokens, SymbolTable& symbols)
        : template_(result), tokens_(std::move(tokens)), symbols_(symbols)
    {
    }

    Body parse_template();

  private:
    enum class Conditionals { allowed, excluded }; // may "a if b else c" appear here
    struct DepthGuard;

    // --- tokens (parser.cpp)
    [[nodiscard]] Token const& current() const { return tokens_[at_]; }
    [[nodiscard]] Token const& following() const { return tokens_[std::min(at_ + 1, tokens_.size() - 1)]; }
    Token const& advance() { return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_]; }
    [[nodiscard]] bool is_symbol(std::string_view text) const;
    [[nodiscard]] bool is_name(std::string_view text) const;
    bool skip_symbol(std::string_view text);
    bool skip_name(std::string_view text);
    void expect_symbol(std::string_view text);
    void expect_name(std::string_view text);
    std::string expect_any_name(std::string_view what);
    void expect(TokenKind kind, std::string_view what);
    [[noreturn]] void fail(std::string_view message) const;
    [[noreturn]] void fail(std::string_view message, int line) const;
    [[nodiscard]] std::string described(Token const& token) const;

    // --- statements (parser.cpp, parser_tags.cpp)
    Body body_until(std::string_view opened_by, int line, std::span<std::string_view const> endings);
    // The whole inside of a tag: body, then {% ending %}.
    Body body_and_end(std::string_view opened_by, int line, std::string_view ending);
    std::unique_ptr<Statement const> tag();
    std::unique_ptr<Statement const> if_tag(int line);
    std::unique_ptr<Statement const> for_tag(int line);
    std::unique_ptr<Statement const> set_tag(int line);
    std::unique_ptr<Statement const> with_tag(int line);
    std::unique_ptr<Statement const> autoescape_tag(int line);
    std::unique_ptr<Statement const> filter_tag(int line);
    std::unique_ptr<Statement const> block_tag(int line);
    std::unique_ptr<Statement const> extends_tag(int line);
    std::unique_ptr<Statement const> include_tag(int line);
    std::unique_ptr<Statement const> import_tag(int line);
    std::unique_ptr<Statement const> from_tag(int line);
    std::unique_ptr<Statement const> macro_tag(int line);
    std::unique_ptr<Statement const> call_tag(int line);
    void macro_parameters(MacroDefinition& definition);
    void macro_body(MacroDefinition& definition, std::string_view tag_name, std::string_view ending, int line);
    // Whether the variable was read after that many names had been.
    [[nodiscard]] bool uses_since(std::size_t names_before, Symbol symbol) const;
    bool context_clause(bool fallback);
    Target assignment_target(bool may_be_attribute);
    Target single_target(bool may_be_attribute);
    Target name_target(std::string name);

    // --- expressions (parser_expressions.cpp)
    ExpressionPointer expression(Conditionals conditionals = Conditionals::allowed);
    ExpressionPointer tuple(Conditionals conditionals = Conditionals::allowed);
    ExpressionPointer conditional();
    ExpressionPointer logical_or();
    ExpressionPointer logical_and();
    ExpressionPointer logical_not();
    ExpressionPointer comparison();
    ExpressionPointer sum();
    ExpressionPointer concatenation();
    ExpressionPointer product();
    ExpressionPointer power();
    ExpressionPointer unary(bool with_filters);
    ExpressionPointer primary();
    ExpressionPointer name_or_literal();
    ExpressionPointer number();
    ExpressionPointer parenthesised();
    ExpressionPointer list_literal();
    ExpressionPointer dict_literal();
    ExpressionPointer postfix(ExpressionPointer node);
    ExpressionPointer attribute(ExpressionPointer node);
    ExpressionPointer subscript(ExpressionPointer node);
    ExpressionPointer filters_and_tests(ExpressionPointer node);
    ExpressionPointer filter(ExpressionPointer input); // after the "|"
    ExpressionPointer test(ExpressionPointer input);   // after the "is"
    ExpressionPointer call(ExpressionPointer callee);
    ArgumentList argument_list(); // from the "(" on
    void check_arguments(std::string_view what, std::string_view parameters, std::size_t required,
                         ArgumentList const& arguments) const;
    [[nodiscard]] bool ends_tuple() const;

    Template& template_;
    std::vector<Token> tokens_;
    std::size_t at_ = 0;
    SymbolTable& symbols_;
    std::vector<Symbol> used_names_; // every variable read so far: tells what a macro body uses
    int closures_ = 0;               // macros and call blocks so far: tells whether a body made one
    int depth_ = 0;
};

} // namespace jhub::jinja

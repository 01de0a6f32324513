// One function per tag. Each is called after the tag's name and leaves the end of its last tag to Parser::tag.
#include <algorithm>
#include <array>

#include "jinja/failure.hpp"
#include "jinja/parser_state.hpp"

namespace jhub::jinja {

std::unique_ptr<Statement const> Parser::if_tag(int line)
{
    static constexpr std::array<std::string_view, 3> endings{"elif", "else", "endif"};
    auto statement = std::make_unique<If>(line);
    while (true) {
        ExpressionPointer condition = tuple(Conditionals::excluded);
        expect(TokenKind::block_end, "end of statement block");
        Body body = body_until("if", line, endings);
        statement->branches.emplace_back(std::move(condition), std::move(body));
        if (!skip_name("elif"))
            break;
    }
    if (skip_name("else"))
        statement->otherwise = body_and_end("if", line, "endif");
    else
        advance();
    return statement;
}

std::unique_ptr<Statement const> Parser::for_tag(int line)
{
    static constexpr std::array<std::string_view, 2> endings{"else", "endfor"};
    auto statement = std::make_unique<For>(line);
    statement->loop_symbol = symbols_.intern("loop");
    statement->target = assignment_target(false);
    expect_name("in");
    statement->iterable = tuple(Conditionals::excluded);
    if (skip_name("if"))
        statement->condition = expression();
    statement->recursive = skip_name("recursive");
    expect(TokenKind::block_end, "end of statement block");
    statement->body = body_until("for", line, endings);
    // loop(…) of a recursive loop comes back to the scope around it.
    if (statement->recursive)
        ++closures_;
    if (skip_name("else"))
        statement->otherwise = body_and_end("for", line, "endfor");
    else
        advance();
    return statement;
}

std::unique_ptr<Statement const> Parser::set_tag(int line)
{
    Target target = assignment_target(true);
    if (skip_symbol("=")) {
        auto statement = std::make_unique<Set>(line);
        statement->target = std::move(target);
        statement->value = tuple();
        return statement;
    }
    auto statement = std::make_unique<SetBlock>(line);
    statement->target = std::move(target);
    if (is_symbol("|")) {
        ExpressionPointer node = std::make_unique<CapturedText>();
        while (skip_symbol("|"))
            node = filter(std::move(node));
        statement->filtered = std::move(node);
    }
    statement->body = body_and_end("set", line, "endset");
    return statement;
}

std::unique_ptr<Statement const> Parser::with_tag(int line)
{
    auto statement = std::make_unique<With>(line);
    while (current().kind != TokenKind::block_end) {
        if (!statement->values.empty())
            expect_symbol(",");
        Target target = assignment_target(false);
        expect_symbol("=");
        statement->values.emplace_back(std::move(target), expression());
    }
    statement->body = body_and_end("with", line, "endwith");
    return statement;
}

std::unique_ptr<Statement const> Parser::autoescape_tag(int line)
{
    auto statement = std::make_unique<Autoescape>(line);
    statement->enabled = expression();
    statement->body = body_and_end("autoescape", line, "endautoescape");
    return statement;
}

std::unique_ptr<Statement const> Parser::filter_tag(int line)
{
    auto statement = std::make_unique<FilterBlock>(line);
    ExpressionPointer node = std::make_unique<CapturedText>();
    do
        node = filter(std::move(node));
    while (skip_symbol("|"));
    statement->filtered = std::move(node);
    statement->body = body_and_end("filter", line, "endfilter");
    return statement;
}

std::unique_ptr<Statement const> Parser::block_tag(int line)
{
    auto statement = std::make_unique<Block>(line);
    statement->name = expect_any_name("the name of a block");
    statement->super_symbol = symbols_.intern("super");
    statement->scoped = skip_name("scoped");
    statement->required = skip_name("required");
    // super() of a scoped block comes back to the scope around it.
    closures_ += statement->scoped ? 1 : 0;
    if (!template_.blocks.emplace(statement->name, statement.get()).second)
        fail(fmt::format("block '{}' defined twice", statement->name), line);
    std::size_t const names_before = used_names_.size();
    statement->body = body_and_end("block", line, "endblock");
    statement->uses_super = uses_since(names_before, statement->super_symbol);
    if (current().kind == TokenKind::name && expect_any_name("a name") != statement->name)
        fail(fmt::format("this ends another block than '{}', opened in line {}", statement->name, line));
    return statement;
}

std::unique_ptr<Statement const> Parser::extends_tag(int line)
{
    auto statement = std::make_unique<Extends>(line);
    statement->parent = expression();
    return statement;
}

bool Parser::context_clause(bool fallback)
{
    bool const with = is_name("with");
    if ((!with && !is_name("without")) || following().text != "context")
        return fallback;
    advance();
    advance();
    return with;
}

std::unique_ptr<Statement const> Parser::include_tag(int line)
{
    auto statement = std::make_unique<Include>(line);
    statement->name = expression();
    if (is_name("ignore") && following().text == "missing") {
        advance();
        advance();
        statement->ignore_missing = true;
    }
    statement->with_context = context_clause(true);
    return statement;
}

std::unique_ptr<Statement const> Parser::import_tag(int line)
{
    auto statement = std::make_unique<Import>(line);
    statement->name = expression();
    expect_name("as");
    statement->whole = name_target(expect_any_name("a name"));
    statement->with_context = context_clause(false);
    return statement;
}

std::unique_ptr<Statement const> Parser::from_tag(int line)
{
    auto statement = std::make_unique<Import>(line);
    statement->name = expression();
    expect_name("import");
    while (current().kind == TokenKind::name) {
        if ((is_name("with") || is_name("without")) && following().text == "context")
            break;
        std::string const name = expect_any_name("a name");
        if (name.starts_with('_'))
            fail("names starting with an underline can not be imported");
        std::string const alias = skip_name("as") ? expect_any_name("a name") : name;
        statement->members.emplace_back(name, name_target(alias));
        if (!skip_symbol(","))
            break;
    }
    if (statement->members.empty())
        fail("expected a name to import");
    statement->with_context = context_clause(false);
    return statement;
}

void Parser::macro_parameters(MacroDefinition& definition)
{
    expect_symbol("(");
    while (!is_symbol(")")) {
        if (!definition.parameters.empty())
            expect_symbol(",");
        MacroDefinition::Parameter parameter;
        parameter.name = expect_any_name("the name of a parameter");
        parameter.symbol = symbols_.intern(parameter.name);
        if (skip_symbol("="))
            parameter.fallback = expression();
        else if (!definition.parameters.empty() && definition.parameters.back().fallback)
            fail("non-default argument follows default argument");
        definition.parameters.push_back(std::move(parameter));
    }
    expect_symbol(")");
}

bool Parser::uses_since(std::size_t names_before, Symbol symbol) const
{
    return std::ranges::find(std::span(used_names_).subspan(names_before), symbol) !=
           std::span(used_names_).subspan(names_before).end();
}

void Parser::macro_body(MacroDefinition& definition, std::string_view tag_name, std::string_view ending, int line)
{
    definition.caller_symbol = symbols_.intern("caller");
    definition.varargs_symbol = symbols_.intern("varargs");
    definition.kwargs_symbol = symbols_.intern("kwargs");
    std::size_t const names_before = used_names_.size();
    definition.body = body_and_end(tag_name, line, ending);
    definition.takes_caller = uses_since(names_before, definition.caller_symbol);
    definition.takes_more_positional = uses_since(names_before, definition.varargs_symbol);
    definition.takes_more_named = uses_since(names_before, definition.kwargs_symbol);
    ++closures_;
}

std::unique_ptr<Statement const> Parser::macro_tag(int line)
{
    auto statement = std::make_unique<Macro>(line);
    statement->definition.name = expect_any_name("the name of a macro");
    statement->target = name_target(statement->definition.name);
    macro_parameters(statement->definition);
    macro_body(statement->definition, "macro", "endmacro", line);
    return statement;
}

std::unique_ptr<Statement const> Parser::call_tag(int line)
{
    auto statement = std::make_unique<CallBlock>(line);
    statement->caller.name = "caller";
    if (is_symbol("("))
        macro_parameters(statement->caller);
    ExpressionPointer call_node = expression();
    auto const* call = dynamic_cast<CallExpression const*>(call_node.get());
    if (!call)
        fail("expected call", line);
    statement->call = std::unique_ptr<CallExpression const>(call);
    static_cast<void>(call_node.release());
    macro_body(statement->caller, "call", "endcall", line);
    return statement;
}

Target Parser::name_target(std::string name)
{
    for (std::string_view const reserved : {"true", "false", "none", "True", "False", "None"})
        if (name == reserved)
            fail(fmt::format("can't assign to '{}'", name));
    Target target;
    target.symbol = symbols_.intern(name);
    target.name = std::move(name);
    return target;
}

Target Parser::single_target(bool may_be_attribute)
{
    if (skip_symbol("(")) {
        Target target = assignment_target(false);
        expect_symbol(")");
        return target;
    }
    Target target = name_target(expect_any_name("a name to assign to"));
    if (may_be_attribute && skip_symbol("."))
        target.attribute = expect_any_name("the name of an attribute");
    return target;
}

Target Parser::assignment_target(bool may_be_attribute)
{
    Target first = single_target(may_be_attribute);
    if (!is_symbol(","))
        return first;
    Target target;
    target.members.push_back(std::move(first));
    while (skip_symbol(",") && (current().kind == TokenKind::name || is_symbol("(")) && !is_name("in"))
        target.members.push_back(single_target(false));
    return target;
}

} // namespace jhub::jinja

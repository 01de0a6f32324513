// Expressions, from the loosest binding operator down to names and literals. The order of the levels is Jinja's.
#include <algorithm>
#include <array>
#include <charconv>

#include "base/strings.hpp"
#include "jinja/call.hpp"
#include "jinja/failure.hpp"
#include "jinja/parser_state.hpp"

namespace jhub::jinja {

// Bounds the recursion of nested expressions.
struct Parser::DepthGuard {
    explicit DepthGuard(Parser& owner) : parser(owner)
    {
        constexpr int max_depth = 100;
        if (++parser.depth_ > max_depth)
            parser.fail("the expression is nested too deeply");
    }
    ~DepthGuard() { --parser.depth_; }
    DepthGuard(DepthGuard const&) = delete;
    DepthGuard& operator=(DepthGuard const&) = delete;
    Parser& parser;
};

ExpressionPointer Parser::expression(Conditionals conditionals)
{
    DepthGuard const guard(*this);
    return conditionals == Conditionals::allowed ? conditional() : logical_or();
}

bool Parser::ends_tuple() const
{
    return current().kind == TokenKind::variable_end || current().kind == TokenKind::block_end || is_symbol(")") ||
           is_name("recursive");
}

// One expression, or several with commas.
ExpressionPointer Parser::tuple(Conditionals conditionals)
{
    ExpressionPointer first = expression(conditionals);
    if (!is_symbol(","))
        return first;
    auto node = std::make_unique<SequenceLiteral>();
    node->is_tuple = true;
    node->items.push_back(std::move(first));
    while (skip_symbol(",") && !ends_tuple())
        node->items.push_back(expression(conditionals));
    return node;
}

ExpressionPointer Parser::conditional()
{
    ExpressionPointer value = logical_or();
    while (skip_name("if")) {
        auto node = std::make_unique<Conditional>();
        node->value = std::move(value);
        node->condition = logical_or();
        if (skip_name("else"))
            node->otherwise = expression();
        value = std::move(node);
    }
    return value;
}

ExpressionPointer Parser::logical_or()
{
    ExpressionPointer left = logical_and();
    while (skip_name("or")) {
        auto node = std::make_unique<Logical>();
        node->left = std::move(left);
        node->right = logical_and();
        left = std::move(node);
    }
    return left;
}

ExpressionPointer Parser::logical_and()
{
    ExpressionPointer left = logical_not();
    while (skip_name("and")) {
        auto node = std::make_unique<Logical>();
        node->is_and = true;
        node->left = std::move(left);
        node->right = logical_not();
        left = std::move(node);
    }
    return left;
}

ExpressionPointer Parser::logical_not()
{
    if (!is_name("not"))
        return comparison();
    DepthGuard const guard(*this);
    advance();
    auto node = std::make_unique<Unary>();
    node->kind = UnaryOperator::logical_not;
    node->operand = logical_not();
    return node;
}

ExpressionPointer Parser::comparison()
{
    static constexpr std::array<std::pair<std::string_view, Comparison>, 6> signs{{
        {"==", Comparison::equal},
        {"!=", Comparison::not_equal},
        {"<", Comparison::less},
        {"<=", Comparison::less_or_equal},
        {">", Comparison::greater},
        {">=", Comparison::greater_or_equal},
    }};
    ExpressionPointer first = sum();
    std::vector<std::pair<Comparison, ExpressionPointer>> rest;
    while (true) {
        auto const sign = std::ranges::find_if(signs, [&](auto const& entry) { return is_symbol(entry.first); });
        if (sign != signs.end()) {
            advance();
            rest.emplace_back(sign->second, sum());
        } else if (skip_name("in")) {
            rest.emplace_back(Comparison::in, sum());
        } else if (is_name("not") && following().kind == TokenKind::name && following().text == "in") {
            advance();
            advance();
            rest.emplace_back(Comparison::not_in, sum());
        } else {
            break;
        }
    }
    if (rest.empty())
        return first;
    auto node = std::make_unique<Compare>();
    node->first = std::move(first);
    node->rest = std::move(rest);
    return node;
}

namespace {

ExpressionPointer binary(BinaryOperator kind, ExpressionPointer left, ExpressionPointer right)
{
    auto node = std::make_unique<Binary>();
    node->kind = kind;
    node->left = std::move(left);
    node->right = std::move(right);
    return node;
}

} // namespace

ExpressionPointer Parser::sum()
{
    ExpressionPointer left = concatenation();
    while (is_symbol("+") || is_symbol("-")) {
        auto const kind = advance().text == "+" ? BinaryOperator::add : BinaryOperator::subtract;
        left = binary(kind, std::move(left), concatenation());
    }
    return left;
}

ExpressionPointer Parser::concatenation()
{
    ExpressionPointer first = product();
    if (!is_symbol("~"))
        return first;
    auto node = std::make_unique<Concatenation>();
    node->parts.push_back(std::move(first));
    while (skip_symbol("~"))
        node->parts.push_back(product());
    return node;
}

ExpressionPointer Parser::product()
{
    static constexpr std::array<std::pair<std::string_view, BinaryOperator>, 4> signs{{
        {"*", BinaryOperator::multiply},
        {"/", BinaryOperator::divide},
        {"//", BinaryOperator::floor_divide},
        {"%", BinaryOperator::modulo},
    }};
    ExpressionPointer left = power();
    while (true) {
        auto const sign = std::ranges::find_if(signs, [&](auto const& entry) { return is_symbol(entry.first); });
        if (sign == signs.end())
            return left;
        advance();
        left = binary(sign->second, std::move(left), power());
    }
}

ExpressionPointer Parser::power()
{
    ExpressionPointer left = unary(true);
    while (skip_symbol("**"))
        left = binary(BinaryOperator::power, std::move(left), unary(true));
    return left;
}

ExpressionPointer Parser::unary(bool with_filters)
{
    DepthGuard const guard(*this);
    ExpressionPointer node;
    if (is_symbol("-") || is_symbol("+")) {
        auto sign = std::make_unique<Unary>();
        sign->kind = advance().text == "-" ? UnaryOperator::minus : UnaryOperator::plus;
        sign->operand = unary(false);
        node = std::move(sign);
    } else {
        node = primary();
    }
    node = postfix(std::move(node));
    return with_filters ? filters_and_tests(std::move(node)) : std::move(node);
}

ExpressionPointer Parser::primary()
{
    switch (current().kind) {
    case TokenKind::name:
        return name_or_literal();
    case TokenKind::integer:
    case TokenKind::real:
        return number();
    case TokenKind::string: {
        std::string text = advance().text;
        while (current().kind == TokenKind::string)
            text += advance().text;
        return std::make_unique<Constant>(std::move(text));
    }
    default:
        if (is_symbol("("))
            return parenthesised();
        if (is_symbol("["))
            return list_literal();
        if (is_symbol("{"))
            return dict_literal();
        fail("unexpected " + described(current()));
    }
}

ExpressionPointer Parser::name_or_literal()
{
    std::string const text = advance().text;
    if (text == "true" || text == "True" || text == "false" || text == "False")
        return std::make_unique<Constant>((text == "true" || text == "True"));
    if (text == "none" || text == "None")
        return std::make_unique<Constant>(nullptr);
    used_names_.push_back(symbols_.intern(text));
    return std::make_unique<Name>(used_names_.back(), text);
}

ExpressionPointer Parser::number()
{
    Token const& token = advance();
    if (token.kind == TokenKind::integer) {
        auto const value = parse_number<std::int64_t>(token.text);
        if (!value)
            fail(fmt::format("the number {} is too large", printable(token.text, 40)), token.line);
        return std::make_unique<Constant>(*value);
    }
    double value = 0;
    std::from_chars(token.text.data(), token.text.data() + token.text.size(), value);
    return std::make_unique<Constant>(value);
}

ExpressionPointer Parser::parenthesised()
{
    expect_symbol("(");
    ExpressionPointer node;
    if (is_symbol(")")) {
        auto empty = std::make_unique<SequenceLiteral>();
        empty->is_tuple = true;
        node = std::move(empty);
    } else {
        node = tuple();
    }
    expect_symbol(")");
    return node;
}

ExpressionPointer Parser::list_literal()
{
    expect_symbol("[");
    auto node = std::make_unique<SequenceLiteral>();
    while (!is_symbol("]")) {
        if (!node->items.empty())
            expect_symbol(",");
        if (is_symbol("]"))
            break;
        node->items.push_back(expression());
    }
    expect_symbol("]");
    return node;
}

ExpressionPointer Parser::dict_literal()
{
    expect_symbol("{");
    auto node = std::make_unique<DictLiteral>();
    while (!is_symbol("}")) {
        if (!node->entries.empty())
            expect_symbol(",");
        if (is_symbol("}"))
            break;
        ExpressionPointer key = expression();
        expect_symbol(":");
        node->entries.emplace_back(std::move(key), expression());
    }
    expect_symbol("}");
    return node;
}

ExpressionPointer Parser::postfix(ExpressionPointer node)
{
    while (true) {
        if (is_symbol("."))
            node = attribute(std::move(node));
        else if (is_symbol("["))
            node = subscript(std::move(node));
        else if (is_symbol("("))
            node = call(std::move(node));
        else
            return node;
    }
}

ExpressionPointer Parser::attribute(ExpressionPointer object)
{
    expect_symbol(".");
    if (current().kind == TokenKind::name) {
        auto node = std::make_unique<GetAttribute>();
        node->object = std::move(object);
        node->name = advance().text;
        return node;
    }
    if (current().kind != TokenKind::integer)
        fail("expected name or number");
    auto node = std::make_unique<GetItem>();
    node->object = std::move(object);
    node->key = number();
    return node;
}

ExpressionPointer Parser::subscript(ExpressionPointer object)
{
    expect_symbol("[");
    ExpressionPointer first = is_symbol(":") ? nullptr : tuple();
    if (first && !is_symbol(":")) {
        auto node = std::make_unique<GetItem>();
        node->object = std::move(object);
        node->key = std::move(first);
        expect_symbol("]");
        return node;
    }
    auto node = std::make_unique<GetSlice>();
    node->object = std::move(object);
    node->from = std::move(first);
    expect_symbol(":");
    if (!is_symbol("]") && !is_symbol(":"))
        node->to = expression();
    if (skip_symbol(":") && !is_symbol("]"))
        node->step = expression();
    expect_symbol("]");
    return node;
}

ExpressionPointer Parser::filters_and_tests(ExpressionPointer node)
{
    while (true) {
        if (skip_symbol("|"))
            node = filter(std::move(node));
        else if (skip_name("is"))
            node = test(std::move(node));
        else if (is_symbol("("))
            node = call(std::move(node));
        else
            return node;
    }
}

ExpressionPointer Parser::filter(ExpressionPointer input)
{
    std::string name = expect_any_name("the name of a filter");
    while (skip_symbol("."))
        name += "." + expect_any_name("the name of a filter");
    auto node = std::make_unique<FilterExpression>();
    node->filter = find_filter(name);
    if (!node->filter)
        fail(fmt::format("No filter named '{}'.", name));
    node->input = std::move(input);
    if (is_symbol("("))
        node->arguments = argument_list();
    check_arguments("filter '" + name + "'", node->filter->parameters, node->filter->required, node->arguments);
    return node;
}

ExpressionPointer Parser::test(ExpressionPointer input)
{
    bool const negated = skip_name("not");
    std::string const name = expect_any_name("the name of a test");
    auto node = std::make_unique<TestExpression>();
    node->test = find_test(name);
    if (!node->test)
        fail(fmt::format("No test named '{}'.", name));
    node->input = std::move(input);
    bool const starts_argument = current().kind == TokenKind::name || current().kind == TokenKind::string ||
                                 current().kind == TokenKind::integer || current().kind == TokenKind::real ||
                                 is_symbol("[") || is_symbol("{");
    if (is_symbol("(")) {
        node->arguments = argument_list();
    } else if (starts_argument && !is_name("else") && !is_name("or") && !is_name("and") && !is_name("if")) {
        if (is_name("is"))
            fail("You cannot chain multiple tests with is");
        node->arguments.positional.push_back(postfix(primary()));
    }
    check_arguments("test '" + name + "'", node->test->parameters, node->test->required, node->arguments);
    if (!negated)
        return node;
    auto inverse = std::make_unique<Unary>();
    inverse->kind = UnaryOperator::logical_not;
    inverse->operand = std::move(node);
    return inverse;
}

ExpressionPointer Parser::call(ExpressionPointer callee)
{
    auto node = std::make_unique<CallExpression>();
    node->callee = std::move(callee);
    node->arguments = argument_list();
    return node;
}

ArgumentList Parser::argument_list()
{
    expect_symbol("(");
    ArgumentList list;
    for (bool first = true; !is_symbol(")"); first = false) {
        if (!first) {
            expect_symbol(",");
            if (is_symbol(")"))
                break;
        }
        if (skip_symbol("*")) {
            if (list.more_positional || list.more_named)
                fail("invalid syntax for function call expression");
            list.more_positional = expression();
        } else if (skip_symbol("**")) {
            if (list.more_named)
                fail("invalid syntax for function call expression");
            list.more_named = expression();
        } else if (current().kind == TokenKind::name && following().kind == TokenKind::symbol &&
                   following().text == "=") {
            if (list.more_named)
                fail("invalid syntax for function call expression");
            std::string name = advance().text;
            advance();
            list.named.emplace_back(std::move(name), expression());
        } else {
            if (list.more_positional || list.more_named || !list.named.empty())
                fail("invalid syntax for function call expression");
            list.positional.push_back(expression());
        }
    }
    expect_symbol(")");
    return list;
}

// Wrong arguments of filters and tests are found when the template is loaded, not when it is shown.
void Parser::check_arguments(std::string_view what, std::string_view parameters, std::size_t required,
                             ArgumentList const& arguments) const
{
    if (parameters == "*" || arguments.more_positional || arguments.more_named)
        return;
    auto const names = parameter_names(parameters);
    if (arguments.positional.size() > names.size())
        fail(fmt::format("{} takes at most {} arguments", what, names.size()));
    for (auto const& [name, value] : arguments.named)
        if (std::ranges::find(names, name) == names.end())
            fail(fmt::format("{} has no argument '{}'", what, name));
    for (std::size_t i = arguments.positional.size(); i < required; ++i)
        if (std::ranges::find(arguments.named, names[i], &NamedArgument::first) == arguments.named.end())
            fail(fmt::format("{} needs the argument '{}'", what, names[i]));
}

} // namespace jhub::jinja

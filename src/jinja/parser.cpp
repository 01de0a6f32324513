// Tokens, bodies and the table of tags.
#include "jinja/parser.hpp"

#include <algorithm>
#include <array>

#include "base/strings.hpp"
#include "jinja/failure.hpp"
#include "jinja/parser_state.hpp"

namespace jhub::jinja {

Symbol SymbolTable::intern(std::string_view name)
{
    auto const found = symbols_.find(name);
    if (found != symbols_.end())
        return found->second;
    return symbols_.emplace(std::string(name), static_cast<Symbol>(symbols_.size())).first->second;
}

std::optional<Symbol> SymbolTable::find(std::string_view name) const
{
    auto const found = symbols_.find(name);
    return found == symbols_.end() ? std::nullopt : std::optional(found->second);
}

std::unique_ptr<Template> parse(std::string_view name, std::string_view source, Options const& options,
                                SymbolTable& symbols)
{
    auto result = std::make_unique<Template>();
    result->name = name;
    result->body = Parser(*result, tokenize(name, source, options), symbols).parse_template();
    return result;
}

Body Parser::parse_template() { return body_until("template", 1, {}); }

bool Parser::is_symbol(std::string_view text) const
{
    return current().kind == TokenKind::symbol && current().text == text;
}

bool Parser::is_name(std::string_view text) const
{
    return current().kind == TokenKind::name && current().text == text;
}

bool Parser::skip_symbol(std::string_view text)
{
    bool const found = is_symbol(text);
    if (found)
        advance();
    return found;
}

bool Parser::skip_name(std::string_view text)
{
    bool const found = is_name(text);
    if (found)
        advance();
    return found;
}

void Parser::expect_symbol(std::string_view text)
{
    if (!skip_symbol(text))
        fail(fmt::format("expected '{}', got {}", text, described(current())));
}

void Parser::expect_name(std::string_view text)
{
    if (!skip_name(text))
        fail(fmt::format("expected '{}', got {}", text, described(current())));
}

std::string Parser::expect_any_name(std::string_view what)
{
    if (current().kind != TokenKind::name)
        fail(fmt::format("expected {}, got {}", what, described(current())));
    return advance().text;
}

void Parser::expect(TokenKind kind, std::string_view what)
{
    if (current().kind != kind)
        fail(fmt::format("expected {}, got {}", what, described(current())));
    advance();
}

void Parser::fail(std::string_view message) const { fail(message, current().line); }

void Parser::fail(std::string_view message, int line) const { fail_at(template_.name, line, message); }

std::string Parser::described(Token const& token) const
{
    switch (token.kind) {
    case TokenKind::variable_end:
        return "end of print statement";
    case TokenKind::block_end:
        return "end of statement block";
    case TokenKind::end:
        return "end of template";
    case TokenKind::string:
        return "a string";
    default:
        return "'" + printable(token.text, 40) + "'";
    }
}

Body Parser::body_until(std::string_view opened_by, int line, std::span<std::string_view const> endings)
{
    constexpr int max_nesting = 60;
    if (++depth_ > max_nesting)
        fail("tags are nested too deeply");
    Body body;
    int const closures_before = closures_;
    while (current().kind != TokenKind::end) {
        if (current().kind == TokenKind::data) {
            auto data = std::make_unique<Data>(current().line);
            data->text = advance().text;
            body.statements.push_back(std::move(data));
        } else if (current().kind == TokenKind::variable_begin) {
            advance();
            auto output = std::make_unique<Output>(current().line);
            output->expression = tuple();
            expect(TokenKind::variable_end, "end of print statement");
            body.statements.push_back(std::move(output));
        } else {
            if (std::ranges::find(endings, following().text) != endings.end()) {
                advance();
                break; // the caller reads the ending tag's name
            }
            advance();
            if (auto statement = tag())
                body.statements.push_back(std::move(statement));
        }
    }
    if (current().kind == TokenKind::end && !endings.empty())
        fail(fmt::format("Unexpected end of template. The innermost block that needs to be closed is '{}', opened in "
                         "line {}",
                         opened_by, line));
    body.makes_closures = closures_ != closures_before;
    --depth_;
    return body;
}

Body Parser::body_and_end(std::string_view opened_by, int line, std::string_view ending)
{
    expect(TokenKind::block_end, "end of statement block");
    std::array<std::string_view, 1> const endings{ending};
    Body body = body_until(opened_by, line, endings);
    advance();
    return body;
}

std::unique_ptr<Statement const> Parser::tag()
{
    using Reader = std::unique_ptr<Statement const> (Parser::*)(int line);
    static constexpr std::array<std::pair<std::string_view, Reader>, 13> tags{{
        {"if", &Parser::if_tag},
        {"for", &Parser::for_tag},
        {"set", &Parser::set_tag},
        {"with", &Parser::with_tag},
        {"autoescape", &Parser::autoescape_tag},
        {"filter", &Parser::filter_tag},
        {"block", &Parser::block_tag},
        {"extends", &Parser::extends_tag},
        {"include", &Parser::include_tag},
        {"import", &Parser::import_tag},
        {"from", &Parser::from_tag},
        {"macro", &Parser::macro_tag},
        {"call", &Parser::call_tag},
    }};
    int const line = current().line;
    std::string const name = expect_any_name("the name of a tag");
    auto const found = std::ranges::find(tags, std::string_view(name), &std::pair<std::string_view, Reader>::first);
    if (found == tags.end())
        fail(fmt::format("Encountered unknown tag '{}'.", name), line);
    auto statement = (this->*found->second)(line);
    expect(TokenKind::block_end, "end of statement block");
    return statement;
}

} // namespace jhub::jinja

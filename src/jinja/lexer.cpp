#include "jinja/lexer.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/strings.hpp"
#include "jinja/failure.hpp"
#include "jinja/text.hpp"

namespace jhub::jinja {
namespace {

// Longest first.
constexpr std::array<std::string_view, 26> symbols{"//", "**", "==", "!=", ">=", "<=", "+", "-", "/",
                                                   "*",  "%",  "~",  "[",  "]",  "(",  ")", "{", "}",
                                                   ">",  "<",  "=",  ".",  ":",  "|",  ",", ";"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_name_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

bool is_name_part(char c) { return is_name_start(c) || is_digit(c); }

std::string_view without_trailing_blanks(std::string_view text)
{
    while (!text.empty() && is_blank(text.back()))
        text.remove_suffix(1);
    return text;
}

// Without the blanks of its last line, if that line is blank and begins in this text (or the text begins a line).
std::string_view without_indentation(std::string_view text, bool starts_line)
{
    std::size_t const newline = text.rfind('\n');
    if (newline == text.npos && !starts_line)
        return text;
    std::size_t const line = newline == text.npos ? 0 : newline + 1;
    bool const blank = std::ranges::all_of(text.substr(line), is_blank);
    return blank ? text.substr(0, line) : text;
}

class Lexer {
  public:
    Lexer(std::string_view name, std::string source, Options const& options)
        : name_(name), source_(std::move(source)), options_(options), rest_(source_)
    {
    }

    std::vector<Token> run()
    {
        while (!rest_.empty())
            text_and_tag();
        push(TokenKind::end, "");
        return std::move(tokens_);
    }

  private:
    void push(TokenKind kind, std::string text) { tokens_.push_back({kind, std::move(text), line_}); }

    // Moves on by some bytes and counts the lines passed.
    std::string_view take(std::size_t size)
    {
        std::string_view const taken = rest_.substr(0, size);
        line_ += static_cast<int>(std::ranges::count(taken, '\n'));
        rest_.remove_prefix(taken.size());
        return taken;
    }

    void skip_blanks()
    {
        std::size_t size = 0;
        while (size < rest_.size() && is_blank(rest_[size]))
            ++size;
        take(size);
    }

    bool skip(std::string_view text)
    {
        if (!rest_.starts_with(text))
            return false;
        take(text.size());
        return true;
    }

    // Emits the text in front of the tag that follows it, cut as the tag's sign asks.
    void data(std::string_view text, int line, char sign, bool may_strip_indentation)
    {
        bool const starts_line = starts_line_;
        if (sign == '-')
            text = without_trailing_blanks(text);
        else if (sign != '+' && options_.lstrip_blocks && may_strip_indentation)
            text = without_indentation(text, starts_line);
        if (!text.empty())
            tokens_.push_back({TokenKind::data, std::string(text), line});
    }

    // "-" or "+" after the opening of a tag.
    char sign()
    {
        char const c = rest_.empty() ? ' ' : rest_.front();
        if (c != '-' && c != '+')
            return ' ';
        take(1);
        return c;
    }

    void text_and_tag()
    {
        std::size_t at = rest_.find('{');
        while (at != rest_.npos && (at + 1 >= rest_.size() || !std::string_view("{%#").contains(rest_[at + 1])))
            at = rest_.find('{', at + 1);
        int const line = line_;
        std::string_view const text = take(std::min(at, rest_.size()));
        if (rest_.empty())
            return data(text, line, '+', false);

        int const tag_line = line_;
        char const kind = take(2)[1];
        std::string_view const after_opening = rest_;
        char const strip = sign();
        data(text, line, strip, kind != '{');
        starts_line_ = false;
        if (kind == '#')
            return comment(tag_line);
        if (kind == '%' && raw(tag_line))
            return;
        // "{{+" is no sign in front of an expression: {{ +1 }}.
        if (kind == '{' && strip == '+')
            rest_ = after_opening;
        push(kind == '{' ? TokenKind::variable_begin : TokenKind::block_begin, "");
        words(kind == '{' ? "}}" : "%}", tag_line);
        push(kind == '{' ? TokenKind::variable_end : TokenKind::block_end, "");
        after_tag(kind == '%');
    }

    // What follows the end of a tag whose end sign was stored in end_sign_.
    void after_tag(bool may_trim)
    {
        if (end_sign_ == '-')
            skip_blanks();
        else if (end_sign_ != '+' && may_trim && options_.trim_blocks)
            starts_line_ = skip("\n");
    }

    void comment(int line)
    {
        std::size_t const end = rest_.find("#}");
        if (end == rest_.npos)
            fail_at(name_, line, "Missing end of comment tag");
        std::string_view const text = take(end);
        take(2);
        end_sign_ = text.empty() ? ' ' : text.back();
        after_tag(true);
    }

    // {% raw %} was just opened: copies up to {% endraw %}. False if the tag is another one.
    bool raw(int line)
    {
        std::string_view const saved = rest_;
        int const saved_line = line_;
        skip_blanks();
        bool const is_raw = skip("raw") && (rest_.empty() || !is_name_part(rest_.front()));
        skip_blanks();
        if (!is_raw || !tag_end("%}")) {
            rest_ = saved;
            line_ = saved_line;
            return false;
        }
        after_tag(false);
        for (std::size_t at = rest_.find("{%"); at != rest_.npos; at = rest_.find("{%", at + 2)) {
            std::string_view const whole = rest_;
            int const text_line = line_;
            std::string_view const text = take(at);
            take(2);
            char const strip = sign();
            skip_blanks();
            if (skip("endraw")) {
                skip_blanks();
                if (tag_end("%}")) {
                    data(text, text_line, strip, true);
                    after_tag(true);
                    return true;
                }
            }
            rest_ = whole;
            line_ = text_line;
        }
        fail_at(name_, line, "Missing end of raw directive");
    }

    bool tag_end(std::string_view closing)
    {
        for (char const candidate : {'-', '+', ' '}) {
            std::string const text = candidate == ' ' ? std::string(closing) : candidate + std::string(closing);
            if ((candidate != '+' || closing == "%}") && skip(text)) {
                end_sign_ = candidate;
                return true;
            }
        }
        return false;
    }

    void words(std::string_view closing, int tag_line)
    {
        constexpr std::size_t max_words = 4000; // of one tag: bounds the depth of its expression
        std::size_t const first = tokens_.size();
        std::vector<char> open; // brackets
        while (true) {
            skip_blanks();
            if (tokens_.size() - first > max_words)
                fail_at(name_, tag_line, "the tag is too long");
            if (rest_.empty())
                fail_at(name_, tag_line, "unexpected end of template, expected '" + std::string(closing) + "'");
            if (open.empty() && tag_end(closing))
                return;
            if (is_name_start(rest_.front()))
                push(TokenKind::name, std::string(take(name_size())));
            else if (is_digit(rest_.front()))
                number();
            else if (rest_.front() == '"' || rest_.front() == '\'')
                string();
            else
                symbol(open);
        }
    }

    std::size_t name_size() const
    {
        return static_cast<std::size_t>(std::ranges::find_if_not(rest_, is_name_part) - rest_.begin());
    }

    std::size_t digits(std::size_t from) const
    {
        while (from < rest_.size() && (is_digit(rest_[from]) || rest_[from] == '_'))
            ++from;
        return from;
    }

    void number()
    {
        if (rest_.size() > 2 && rest_[0] == '0' && std::string_view("xXoObB").contains(rest_[1]))
            return based_integer();
        std::size_t size = digits(0);
        TokenKind kind = TokenKind::integer;
        if (size + 1 < rest_.size() && rest_[size] == '.' && is_digit(rest_[size + 1])) {
            size = digits(size + 1);
            kind = TokenKind::real;
        }
        if (size < rest_.size() && (rest_[size] == 'e' || rest_[size] == 'E')) {
            std::size_t const sign_size = size + 1 < rest_.size() && std::string_view("+-").contains(rest_[size + 1]);
            if (digits(size + 1 + sign_size) > size + 1 + sign_size) {
                size = digits(size + 1 + sign_size);
                kind = TokenKind::real;
            }
        }
        push(kind, replace_all(std::string(take(size)), "_", ""));
    }

    void based_integer()
    {
        char const base = static_cast<char>(rest_[1] | 0x20);
        std::size_t size = 2;
        while (size < rest_.size() && is_name_part(rest_[size]))
            ++size;
        std::string const text = replace_all(std::string(rest_.substr(2, size - 2)), "_", "");
        auto const value = parse_number<std::int64_t>(text, base == 'x' ? 16 : base == 'o' ? 8 : 2);
        if (!value)
            fail_at(name_, line_, "invalid number '" + std::string(rest_.substr(0, size)) + "'");
        take(size);
        push(TokenKind::integer, std::to_string(*value));
    }

    void string()
    {
        int const line = line_;
        char const quote = rest_.front();
        std::size_t end = 1;
        while (end < rest_.size() && rest_[end] != quote)
            end += rest_[end] == '\\' ? 2 : 1;
        if (end >= rest_.size())
            fail_at(name_, line, "unterminated string");
        std::string_view const text = take(end + 1);
        tokens_.push_back({TokenKind::string, decoded(text.substr(1, text.size() - 2)), line});
    }

    // Python's escapes. An unknown one stays as written.
    std::string decoded(std::string_view text) const
    {
        std::string out;
        while (!text.empty()) {
            if (text.front() != '\\' || text.size() < 2) {
                out += text.front();
                text.remove_prefix(1);
                continue;
            }
            char const c = text[1];
            text.remove_prefix(2);
            if (c == 'x' || c == 'u' || c == 'U') {
                std::size_t const size = c == 'x' ? 2 : c == 'u' ? 4 : 8;
                auto const code = parse_number<std::uint32_t>(text.substr(0, size), 16);
                if (!code || text.size() < size || *code > 0x10ffff)
                    fail_at(name_, line_, "broken escape in a string");
                append_code_point(out, *code);
                text.remove_prefix(size);
            } else if (std::size_t const known = std::string_view("ntr\\'\"abfv0").find(c);
                       known != std::string_view::npos) {
                out += std::string_view("\n\t\r\\'\"\a\b\f\v\0", 11)[known];
            } else if (c != '\n') {
                out += '\\';
                out += c;
            }
        }
        return out;
    }

    void symbol(std::vector<char>& open)
    {
        auto const found =
            std::ranges::find_if(symbols, [&](std::string_view text) { return rest_.starts_with(text); });
        if (found == symbols.end())
            fail_at(name_, line_, "unexpected char '" + printable(rest_.substr(0, code_point_size(rest_))) + "'");
        char const c = found->front();
        if (c == '(' || c == '[' || c == '{')
            open.push_back(c == '(' ? ')' : c == '[' ? ']' : '}');
        if (c == ')' || c == ']' || c == '}') {
            if (open.empty() || open.back() != c)
                fail_at(name_, line_, "unexpected '" + std::string(1, c) + "'");
            open.pop_back();
        }
        push(TokenKind::symbol, std::string(take(found->size())));
    }

    std::string_view name_;
    std::string source_;
    Options const& options_;
    std::string_view rest_;
    std::vector<Token> tokens_;
    int line_ = 1;
    char end_sign_ = ' ';
    bool starts_line_ = true; // the text that follows begins a line
};

} // namespace

void fail_at(std::string_view name, int line, std::string_view message)
{
    Failure failure(fmt::format("{}:{}: {}", name, line, message));
    failure.located = true;
    throw failure;
}

std::vector<Token> tokenize(std::string_view name, std::string_view source, Options const& options)
{
    std::string text = replace_all(replace_all(std::string(source), "\r\n", "\n"), "\r", "\n");
    if (!options.keep_trailing_newline && text.ends_with('\n'))
        text.pop_back();
    return Lexer(name, std::move(text), options).run();
}

} // namespace jhub::jinja

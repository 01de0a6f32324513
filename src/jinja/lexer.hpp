// Cuts the source of a template into tokens: text between tags, and the words within them. White-space control,
// comments and raw blocks are settled here; the parser sees none of them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "jinja/environment.hpp"

namespace jhub::jinja {

enum class TokenKind {
    data,           // text to copy
    variable_begin, // {{
    variable_end,
    block_begin, // {%
    block_end,
    name,
    integer,
    real,
    string, // decoded
    symbol, // operators and brackets
    end,
};

struct Token {
    TokenKind kind;
    std::string text;
    int line;
};

// Ends with one token of kind end. Throws a located Failure ("NAME:LINE: …").
[[nodiscard]] std::vector<Token> tokenize(std::string_view name, std::string_view source, Options const& options);

// A Failure with file and line in front.
[[noreturn]] void fail_at(std::string_view name, int line, std::string_view message);

} // namespace jhub::jinja

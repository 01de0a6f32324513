// Text the way Python sees it: a sequence of code points, kept as UTF-8. Helpers for filters and string methods.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "jinja/value.hpp"

namespace jhub::jinja {

// &, <, >, " and ' become entities, as MarkupSafe writes them.
void append_escaped(std::string& out, std::string_view text);
[[nodiscard]] std::string escaped(std::string_view text);
// The entities above, numeric ones and the common named ones become characters (Python's html.unescape).
[[nodiscard]] std::string unescaped(std::string_view text);

// What {{ value }} writes when autoescape is on: markup as it is, everything else escaped.
[[nodiscard]] std::string escaped_value(Value const& value);
// str(value), keeping markup marked: Jinja's soft_str.
[[nodiscard]] Value soft_text(Value const& value);
// The text, marked as markup if the model is.
[[nodiscard]] Value text_like(Value const& model, std::string text);

[[nodiscard]] std::string float_text(double number); // Python's repr(float)

// Code points. Bytes that are no UTF-8 count as one code point each.
[[nodiscard]] std::size_t code_point_size(std::string_view text); // bytes of the first code point
[[nodiscard]] std::size_t code_point_count(std::string_view text);
[[nodiscard]] std::vector<std::string_view> code_points(std::string_view text);
// Bytes of the code points [from, to), both within the text.
[[nodiscard]] std::string_view code_point_range(std::string_view text, std::size_t from, std::size_t to);
void append_code_point(std::string& out, std::uint32_t code_point);

// Letters outside ASCII stay as they are: no locale, no tables.
[[nodiscard]] std::string upper(std::string_view text);
[[nodiscard]] std::string lower(std::string_view text);
[[nodiscard]] bool is_blank(char c);

} // namespace jhub::jinja

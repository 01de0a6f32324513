// Small text helpers. ASCII only and independent of the locale (a Turkish "I" stays an "I").
#pragma once

#include <charconv>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace jhub {

[[nodiscard]] std::string to_lower(std::string_view text);
[[nodiscard]] bool equals_ignoring_case(std::string_view a, std::string_view b);
[[nodiscard]] std::string_view trim(std::string_view text); // blanks, tabs, CR, LF at both ends
[[nodiscard]] std::vector<std::string> split(std::string_view text, char separator);
[[nodiscard]] std::string join(std::vector<std::string> const& parts, std::string_view separator);
[[nodiscard]] std::string replace_all(std::string text, std::string_view from, std::string_view to);

// Text of a stranger made safe for a log line or a message: control characters and invalid UTF-8 are escaped,
// at most max_bytes are kept (then "…").
[[nodiscard]] std::string printable(std::string_view text, std::size_t max_bytes = 256);
[[nodiscard]] bool is_valid_utf8(std::string_view text);

// The whole text as a decimal number: no sign for unsigned types, no blanks, no overflow.
template <std::integral T> [[nodiscard]] std::optional<T> parse_number(std::string_view text, int base = 10)
{
    T value{};
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc{} || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

// The candidate nearest to a misspelt name (edit distance at most a third of its length), or nothing.
[[nodiscard]] std::optional<std::string> nearest_name(std::string_view name,
                                                      std::vector<std::string> const& candidates);
// The nearest name between before and after, such as " Did you mean --port?", or nothing at all.
[[nodiscard]] std::string did_you_mean(std::string_view name, std::vector<std::string> const& candidates,
                                       std::string_view before, std::string_view after);

} // namespace jhub

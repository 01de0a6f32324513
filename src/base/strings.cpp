#include "base/strings.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include <fmt/format.h>

namespace jhub {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Length of the well-formed UTF-8 sequence at the start of text, 0 if there is none (RFC 3629).
std::size_t utf8_sequence(std::string_view text)
{
    auto const byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    auto const continues = [&](std::size_t i, unsigned low, unsigned high) {
        return i < text.size() && byte(i) >= low && byte(i) <= high;
    };
    unsigned const first = byte(0);
    if (first < 0x80)
        return 1;
    if (first >= 0xC2 && first <= 0xDF)
        return continues(1, 0x80, 0xBF) ? 2 : 0;
    if (first >= 0xE0 && first <= 0xEF) {
        unsigned const low = first == 0xE0 ? 0xA0 : 0x80, high = first == 0xED ? 0x9F : 0xBF;
        return continues(1, low, high) && continues(2, 0x80, 0xBF) ? 3 : 0;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        unsigned const low = first == 0xF0 ? 0x90 : 0x80, high = first == 0xF4 ? 0x8F : 0xBF;
        return continues(1, low, high) && continues(2, 0x80, 0xBF) && continues(3, 0x80, 0xBF) ? 4 : 0;
    }
    return 0;
}

// Letters added, left out, changed, or neighbours that changed places: each is one edit (optimal string alignment).
std::size_t edit_distance(std::string_view a, std::string_view b)
{
    auto const same = [&](std::size_t i, std::size_t j) { return lower(a[i]) == lower(b[j]); };
    std::vector<std::size_t> before_last, last(b.size() + 1), row(b.size() + 1);
    std::iota(row.begin(), row.end(), 0);
    for (std::size_t i = 0; i < a.size(); ++i) {
        before_last = std::exchange(last, row);
        row[0] = i + 1;
        for (std::size_t j = 0; j < b.size(); ++j) {
            row[j + 1] = std::min({last[j] + (same(i, j) ? 0 : 1), row[j] + 1, last[j + 1] + 1});
            if (i > 0 && j > 0 && same(i, j - 1) && same(i - 1, j))
                row[j + 1] = std::min(row[j + 1], before_last[j - 1] + 1);
        }
    }
    return row.back();
}

} // namespace

std::string to_lower(std::string_view text)
{
    std::string result(text);
    std::ranges::transform(result, result.begin(), lower);
    return result;
}

bool equals_ignoring_case(std::string_view a, std::string_view b)
{
    return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trim(std::string_view text)
{
    constexpr std::string_view blanks = " \t\r\n";
    auto const first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::vector<std::string> split(std::string_view text, char separator)
{
    std::vector<std::string> parts;
    for (std::size_t start = 0;;) {
        auto const end = text.find(separator, start);
        parts.emplace_back(text.substr(start, end - start));
        if (end == std::string_view::npos)
            return parts;
        start = end + 1;
    }
}

std::string join(std::vector<std::string> const& parts, std::string_view separator)
{
    return fmt::format("{}", fmt::join(parts, separator));
}

std::string replace_all(std::string text, std::string_view from, std::string_view to)
{
    for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
        text.replace(at, from.size(), to);
    return text;
}

std::string printable(std::string_view text, std::size_t max_bytes)
{
    bool const plain = std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7F; });
    if (plain && text.size() <= max_bytes)
        return std::string(text);
    std::string result;
    while (!text.empty()) {
        auto const length = utf8_sequence(text);
        unsigned const byte = static_cast<unsigned char>(text[0]);
        bool const control =
            byte < 0x20 || byte == 0x7F || (length == 2 && byte == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0);
        auto const take = std::max<std::size_t>(length, 1);
        std::string piece;
        if (length == 0 || control) {
            for (char const c : text.substr(0, take))
                piece += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        } else {
            piece = text.substr(0, take);
        }
        if (result.size() + piece.size() > max_bytes)
            return result + "…";
        result += piece;
        text.remove_prefix(take);
    }
    return result;
}

bool is_valid_utf8(std::string_view text)
{
    while (!text.empty()) {
        auto const length = utf8_sequence(text);
        if (length == 0)
            return false;
        text.remove_prefix(length);
    }
    return true;
}

std::optional<std::string> nearest_name(std::string_view name, std::vector<std::string> const& candidates)
{
    std::optional<std::string> best;
    std::size_t best_distance = std::max<std::size_t>(name.size() / 3, 1) + 1;
    for (auto const& candidate : candidates)
        if (auto const distance = edit_distance(name, candidate); distance < best_distance) {
            best_distance = distance;
            best = candidate;
        }
    return best;
}

std::string did_you_mean(std::string_view name, std::vector<std::string> const& candidates, std::string_view before,
                         std::string_view after)
{
    auto const near = nearest_name(name, candidates);
    return near ? std::string(before).append(*near).append(after) : "";
}

} // namespace jhub

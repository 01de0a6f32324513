#include "auth/username.hpp"

#include <algorithm>
#include <array>
#include <clocale>
#include <cwctype>
#include <vector>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/strings.hpp"

namespace jhub::auth {
namespace {

constexpr std::size_t maximum_pattern_length = 4096;
constexpr std::uint32_t maximum_steps = 100'000;
constexpr std::uint32_t maximum_depth = 1000;

// Of valid UTF-8 only.
std::u32string code_points(std::string_view text)
{
    std::u32string points;
    for (std::size_t i = 0; i < text.size();) {
        auto const first = static_cast<unsigned char>(text[i]);
        std::size_t const length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
        char32_t point = length == 1 ? first : first & (0x7Fu >> length);
        for (std::size_t k = 1; k < length; ++k)
            point = point << 6 | (static_cast<unsigned char>(text[i + k]) & 0x3Fu);
        points += point;
        i += length;
    }
    return points;
}

void append_utf8(std::string& out, char32_t point)
{
    if (point < 0x80) {
        out += static_cast<char>(point);
        return;
    }
    static constexpr std::array<unsigned, 4> first_byte{0x00, 0xC0, 0xE0, 0xF0};
    unsigned const more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    out += static_cast<char>(first_byte[more] | point >> (6 * more));
    for (unsigned left = more; left > 0; --left)
        out += static_cast<char>(0x80u | (point >> (6 * (left - 1)) & 0x3Fu));
}

// Independent of the process's locale; glibc always has this one.
locale_t unicode_locale()
{
    static locale_t const locale = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    return locale;
}

bool is_control(char32_t point) { return point < 0x20 || (point >= 0x7F && point < 0xA0); }

// What Python's str.strip() takes away, beyond control characters.
bool is_blank(char32_t point)
{
    static constexpr std::array<char32_t, 8> blanks{0x20, 0xA0, 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000};
    return std::ranges::find(blanks, point) != blanks.end() || (point >= 0x2000 && point <= 0x200A);
}

} // namespace

std::string lower_case_name(std::string_view name)
{
    if (!is_valid_utf8(name) || unicode_locale() == nullptr)
        return std::string(name);
    std::string lowered;
    for (char32_t const point : code_points(name)) {
        if (point == 0x130) // capital I with a dot: "i" and a combining dot, never a plain "i"
            lowered += "i\xCC\x87";
        else
            append_utf8(lowered, static_cast<char32_t>(::towlower_l(static_cast<wint_t>(point), unicode_locale())));
    }
    return lowered;
}

struct UsernamePattern::Code {
    std::unique_ptr<pcre2_code, decltype(&pcre2_code_free)> code{nullptr, pcre2_code_free};
    std::unique_ptr<pcre2_match_context, decltype(&pcre2_match_context_free)> limits{nullptr, pcre2_match_context_free};
};

Result<UsernamePattern> UsernamePattern::compile(std::string_view pattern)
{
    UsernamePattern compiled;
    compiled.text_ = pattern;
    if (pattern.empty())
        return compiled;
    if (pattern.size() > maximum_pattern_length)
        return fail(Errc::invalid_argument, "c.Authenticator.username_pattern is too long.");

    int error = 0;
    PCRE2_SIZE position = 0;
    auto code = std::make_shared<Code>();
    code->code.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                                   PCRE2_ANCHORED | PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C, &error, &position,
                                   nullptr));
    if (!code->code) {
        std::array<PCRE2_UCHAR, 256> message{};
        pcre2_get_error_message(error, message.data(), message.size());
        return fail(Errc::invalid_argument, "c.Authenticator.username_pattern is not a regular expression: " +
                                                std::string(reinterpret_cast<char const*>(message.data())) +
                                                " at position " + std::to_string(position));
    }
    code->limits.reset(pcre2_match_context_create(nullptr));
    pcre2_set_match_limit(code->limits.get(), maximum_steps);
    pcre2_set_depth_limit(code->limits.get(), maximum_depth);
    compiled.code_ = std::move(code);
    return compiled;
}

bool UsernamePattern::matches(std::string_view name) const
{
    if (!code_)
        return true;
    if (name.size() > maximum_name_length || !is_valid_utf8(name))
        return false;
    std::unique_ptr<pcre2_match_data, decltype(&pcre2_match_data_free)> const data(
        pcre2_match_data_create_from_pattern(code_->code.get(), nullptr), pcre2_match_data_free);
    return pcre2_match(code_->code.get(), reinterpret_cast<PCRE2_SPTR>(name.data()), name.size(), 0, 0, data.get(),
                       code_->limits.get()) >= 0;
}

Result<> check_name(std::string_view name, std::string_view what)
{
    auto const refuse = [&](std::string_view why) {
        return fail(Errc::invalid_argument,
                    "\"" + printable(name, 64) + "\" cannot be " + std::string(what) + ": " + std::string(why));
    };
    if (name.empty())
        return refuse("it is empty");
    if (name.size() > maximum_name_length)
        return refuse("it is longer than 255 bytes");
    if (!is_valid_utf8(name))
        return refuse("it is not valid UTF-8");
    std::u32string const points = code_points(name);
    if (std::ranges::any_of(points, is_control))
        return refuse("it contains a control character");
    if (name.find('/') != std::string_view::npos)
        return refuse("it contains a slash");
    if (is_blank(points.front()) || is_blank(points.back()))
        return refuse("it begins or ends with a blank");
    if (name == "." || name == "..")
        return refuse("in an address it would mean another place");
    return {};
}

Result<> check_username(std::string_view name, UsernamePattern const& pattern)
{
    CHECK(check_name(name, "a user name"));
    if (!pattern.matches(name))
        return fail(Errc::invalid_argument, "\"" + printable(name, 64) +
                                                "\" cannot be a user name: it does not match "
                                                "c.Authenticator.username_pattern");
    return {};
}

} // namespace jhub::auth

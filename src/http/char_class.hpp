// Which bytes may stand where (RFC 9110 §5.6, RFC 9112 §3): one table, one bit per class.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace jhub::http::chars {

enum Class : std::uint8_t {
    token = 1,  // method and header names
    value = 2,  // header values: blank, tab, visible ASCII, bytes above 0x7f
    target = 4, // request targets: visible ASCII without "#", and bytes above 0x7f (which clients do send)
    host = 8,   // host names, addresses in brackets, ports
    digit = 16,
};

inline constexpr std::array<std::uint8_t, 256> table = [] {
    std::array<std::uint8_t, 256> classes{};
    auto const add = [&classes](std::string_view bytes, Class which) {
        for (char const c : bytes)
            classes[static_cast<unsigned char>(c)] |= which;
    };
    for (unsigned c = 0x20; c < 256; ++c)
        if (c != 0x7f)
            classes[c] |= value;
    classes['\t'] |= value;
    for (unsigned c = 0x21; c < 256; ++c)
        if (c != 0x7f && c != '#')
            classes[c] |= target;
    for (unsigned c = '0'; c <= '9'; ++c)
        classes[c] |= token | host | digit;
    for (unsigned c = 'a'; c <= 'z'; ++c)
        classes[c] |= token | host;
    for (unsigned c = 'A'; c <= 'Z'; ++c)
        classes[c] |= token | host;
    add("!#$%&'*+-.^_`|~", token);
    add("-._~%!$&'()*+,;=", host);
    return classes;
}();

[[nodiscard]] constexpr bool is(char c, Class which) { return (table[static_cast<unsigned char>(c)] & which) != 0; }

[[nodiscard]] constexpr bool all(std::string_view text, Class which)
{
    for (char const c : text)
        if (!is(c, which))
            return false;
    return true;
}

// all(text, value) without a table look-up per byte, so that the compiler can take many bytes at once.
[[nodiscard]] constexpr bool is_value(std::string_view text)
{
    bool bad = false;
    for (char const c : text) {
        auto const byte = static_cast<unsigned char>(c);
        bad |= (byte < 0x20 && byte != '\t') || byte == 0x7f;
    }
    return !bad;
}

} // namespace jhub::http::chars

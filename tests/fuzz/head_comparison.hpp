// Promises of both head parsers: the result does not depend on how the bytes arrive, never looks behind the head, and
// whatever is accepted consists of well-formed lines.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "http/head_parser.hpp"
#include "oracle.hpp"

namespace jhub::fuzz {

template <typename Head>
using Parse = http::ParseOutcome (*)(std::string_view, http::Limits const&, Head&, std::size_t);

template <typename Head> bool same_headers(Head const& a, Head const& b)
{
    if (a.headers.size() != b.headers.size())
        return false;
    for (std::size_t i = 0; i < a.headers.size(); ++i)
        if (a.headers[i].name != b.headers[i].name || a.headers[i].value != b.headers[i].value ||
            a.headers[i].known != b.headers[i].known)
            return false;
    return true;
}

inline void check_lines(std::vector<http::HeaderView> const& headers)
{
    for (auto const& header : headers) {
        require(!header.name.empty(), "a header has a name");
        require(header.name.find_first_of(" \t:\r\n") == std::string_view::npos, "a name is a token");
        require(header.value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos,
                "a value is one line");
    }
}

// The outcome of the whole input, which every way of receiving it must have as well.
template <typename Head>
http::ParseOutcome parse_in_all_ways(std::string_view text, http::Limits const& limits, Head& head, Parse<Head> parse)
{
    auto const whole = parse(text, limits, head, 0);
    Head other;
    http::ParseOutcome now;
    std::size_t end = 0;
    std::size_t const step = text.size() > 2048 ? text.size() / 256 : 1;
    for (std::size_t seen = 0; end < text.size(); seen = end) {
        end = std::min(end + step, text.size());
        now = parse(text.substr(0, end), limits, other, seen);
        if (now.state != http::ParseState::incomplete)
            break;
    }
    if (text.empty())
        return whole;
    require(now.state == whole.state, "piece by piece ends as at once");
    if (!whole.done())
        return whole;
    require(now.used == whole.used && whole.used <= text.size(), "the head has one end");
    require(same_headers(head, other), "piece by piece reads the same headers");
    Head alone;
    auto const again = parse(text.substr(0, whole.used), limits, alone, 0);
    require(again.done() && again.used == whole.used && same_headers(head, alone),
            "what follows a head does not matter");
    check_lines(head.headers);
    return whole;
}

} // namespace jhub::fuzz

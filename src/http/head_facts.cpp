#include "http/head_facts.hpp"

#include <utility>

#include "base/strings.hpp"
#include "http/headers.hpp"

namespace jhub::http {
namespace {

Verdict note_content_length(std::string_view value, Facts& facts)
{
    if (facts.content_length)
        return bad("more than one Content-Length");
    // Signed readers exist downstream: a length that is negative for them is refused here.
    auto const length = parse_number<std::uint64_t>(value);
    if (!length || *length > INT64_MAX)
        return bad("malformed Content-Length");
    facts.content_length = length;
    return std::nullopt;
}

Verdict note_transfer_encoding(std::string_view value, Facts& facts)
{
    if (facts.chunked)
        return bad("more than one Transfer-Encoding");
    if (!equals_ignoring_case(value, "chunked"))
        return Refusal{Status::not_implemented, "transfer coding other than chunked"};
    facts.chunked = true;
    return std::nullopt;
}

void note_connection(std::string_view value, Facts& facts)
{
    facts.close |= list_has_token(value, "close");
    facts.keep_alive |= list_has_token(value, "keep-alive");
    facts.connection_upgrade |= list_has_token(value, "upgrade");
}

} // namespace

Verdict note(HeaderView const& header, Facts& facts)
{
    switch (header.known) {
    case KnownHeader::host:
        if (std::exchange(facts.has_host, true))
            return bad("more than one Host");
        facts.host = header.value;
        return std::nullopt;
    case KnownHeader::content_length:
        return note_content_length(header.value, facts);
    case KnownHeader::transfer_encoding:
        return note_transfer_encoding(header.value, facts);
    case KnownHeader::connection:
        note_connection(header.value, facts);
        return std::nullopt;
    case KnownHeader::upgrade:
        facts.has_upgrade = true;
        return std::nullopt;
    case KnownHeader::expect:
        if (!equals_ignoring_case(header.value, "100-continue"))
            return Refusal{Status::expectation_failed, "unknown expectation"};
        facts.has_expect = true;
        return std::nullopt;
    default:
        return std::nullopt;
    }
}

Verdict check_framing(Facts const& facts, int minor_version)
{
    if (facts.chunked && facts.content_length)
        return bad("both Content-Length and Transfer-Encoding");
    if (facts.chunked && minor_version == 0)
        return bad("Transfer-Encoding in HTTP/1.0");
    return std::nullopt;
}

bool persistent(Facts const& facts, int minor_version)
{
    return !facts.close && (minor_version == 1 || facts.keep_alive);
}

} // namespace jhub::http

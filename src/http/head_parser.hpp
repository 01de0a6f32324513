// Strict parsers of request and response heads (RFC 9112). They reject and never repair: whatever two readers could
// understand differently is refused. One pass over the caller's buffer, no I/O, no state between calls.
//
// Refused among others: bare LF or CR, obsolete line folding, blank before a colon, control characters, two
// Content-Length, Content-Length beside Transfer-Encoding, any transfer coding but exactly "chunked", a missing,
// doubled or malformed Host (HTTP/1.1), fragments and blanks in the target, versions other than 1.0 and 1.1.
//
// Call with all bytes received so far. `incomplete` asks for more; pass the size of that buffer as `already_seen` next
// time, and a head that arrives byte by byte stays linear.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "http/limits.hpp"
#include "http/message.hpp"
#include "http/status.hpp"

namespace jhub::http {

// Headers that steer the connection or that a proxy treats specially, recognised while parsing.
enum class KnownHeader : std::uint8_t {
    other,
    authorization,
    clear_site_data,
    connection,
    content_length,
    content_type,
    cookie,
    date,
    expect,
    forwarded,
    host,
    keep_alive,
    location,
    origin,
    proxy_authenticate,
    proxy_authorization,
    proxy_connection,
    server,
    service_worker_allowed,
    set_cookie,
    te,
    trailer,
    transfer_encoding,
    upgrade,
    x_forwarded_for,
    x_forwarded_host,
    x_forwarded_port,
    x_forwarded_proto,
    x_jupyterhub_forwarded,
    x_real_ip,
    x_scheme,
};

[[nodiscard]] KnownHeader known_header(std::string_view name); // without case

// Name and value inside the caller's buffer; blanks around the value are already cut off.
struct HeaderView {
    std::string_view name;
    std::string_view value;
    KnownHeader known = KnownHeader::other;
};

// A parsed request head inside the caller's buffer: valid until the buffer changes. Reuse one object for many heads and
// parsing allocates nothing. Field meanings: see RequestHead.
struct RequestHeadView {
    Method method = Method::get;
    std::string_view method_text;
    std::string_view target;
    int minor_version = 1;
    TargetForm form = TargetForm::origin;
    std::string_view authority;
    std::string_view origin_target;
    BodyFraming framing;
    bool keep_alive = true;
    bool upgrade = false;
    bool expect_continue = false; // Expect: 100-continue (any other expectation was refused with 417)
    std::vector<HeaderView> headers;

    [[nodiscard]] std::optional<std::string_view> get(KnownHeader known) const; // the first
    [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const;
};

struct ResponseHeadView {
    int status = 200;
    std::string_view reason;
    int minor_version = 1;
    std::optional<std::uint64_t> content_length; // at most one of these two is set
    bool chunked = false;
    bool keep_alive = true; // before framing: a body until_close ends the connection as well
    bool upgrade = false;
    std::vector<HeaderView> headers;

    [[nodiscard]] std::optional<std::string_view> get(KnownHeader known) const;
    [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const;
};

enum class ParseState : std::uint8_t { done, incomplete, error };

struct ParseOutcome {
    ParseState state = ParseState::incomplete;
    std::size_t used = 0;                // done: bytes of the head, its empty line included
    Status status = Status::bad_request; // error: what to answer (a proxy answers 502 for a bad response)
    std::string_view reason;             // error: a static sentence, fit for the client and the log

    [[nodiscard]] bool done() const { return state == ParseState::done; }
    [[nodiscard]] bool failed() const { return state == ParseState::error; }
};

// On done, head is complete; otherwise its content is unspecified.
[[nodiscard]] ParseOutcome parse_request_head(std::string_view buffer, Limits const& limits, RequestHeadView& head,
                                              std::size_t already_seen = 0);
[[nodiscard]] ParseOutcome parse_response_head(std::string_view buffer, Limits const& limits, ResponseHeadView& head,
                                               std::size_t already_seen = 0);

// The same, with heads that own their text.
template <typename Head> struct ParseResult : ParseOutcome {
    Head head;
};
[[nodiscard]] ParseResult<RequestHead> parse_request_head(std::string_view buffer, Limits const& limits);
[[nodiscard]] ParseResult<ResponseHead> parse_response_head(std::string_view buffer, Limits const& limits);

[[nodiscard]] RequestHead to_owned(RequestHeadView const& view);

// Header lines "Name: value\r\n"… with the closing empty line, as chunked trailers have them. nullopt when malformed.
[[nodiscard]] std::optional<Headers> parse_header_lines(std::string_view lines, Limits const& limits);

} // namespace jhub::http

// Messages as plain values: heads that own their text, and how long a body is.
#pragma once

#include <cstdint>
#include <string>

#include "http/headers.hpp"
#include "http/method.hpp"

namespace jhub::http {

// How the end of a body is found. A message has exactly one of these; anything ambiguous was refused by the parser.
enum class Framing : std::uint8_t { none, length, chunked, until_close };

struct BodyFraming {
    Framing kind = Framing::none;
    std::uint64_t length = 0; // for Framing::length
    bool operator==(BodyFraming const&) const = default;
};

// The four forms of a request's target (RFC 9112 §3.2).
enum class TargetForm : std::uint8_t {
    origin,    // "/path?query"
    absolute,  // "http://host/path?query"
    authority, // "host:port", CONNECT only
    asterisk,  // "*", OPTIONS only
};

struct RequestHead {
    Method method = Method::get;
    std::string method_text; // as sent
    std::string target;      // as sent
    int minor_version = 1;
    TargetForm form = TargetForm::origin;
    std::string authority;     // host[:port]: of the target when it names one, else of the Host header
    std::string origin_target; // path and query: "/…", or "*"; empty for authority-form
    BodyFraming framing;
    bool keep_alive = true; // what version and Connection header ask for
    bool upgrade = false;   // Connection: upgrade together with an Upgrade header
    Headers headers;
};

struct ResponseHead {
    int status = 200;
    std::string reason;
    int minor_version = 1;
    Headers headers;
};

} // namespace jhub::http

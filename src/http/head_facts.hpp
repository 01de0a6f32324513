// What the headers of one message say together about its framing and its connection. Used by the head parser, which
// hands over every recognised header as it is read; contradictions are found here.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "http/head_parser.hpp"

namespace jhub::http {

struct Refusal {
    Status status;
    std::string_view reason;
};
using Verdict = std::optional<Refusal>; // nothing: fine so far

[[nodiscard]] inline Refusal bad(std::string_view reason) { return {Status::bad_request, reason}; }

// What the headers say about the connection and the body.
struct Facts {
    std::string_view host;
    std::optional<std::uint64_t> content_length;
    bool has_host = false;
    bool chunked = false;
    bool close = false;
    bool keep_alive = false;
    bool connection_upgrade = false;
    bool has_upgrade = false;
    bool has_expect = false;
};

[[nodiscard]] Verdict note(HeaderView const& header, Facts& facts);
// After the last header: whether the body's end can be found in one way only.
[[nodiscard]] Verdict check_framing(Facts const& facts, int minor_version);
[[nodiscard]] bool persistent(Facts const& facts, int minor_version);

} // namespace jhub::http

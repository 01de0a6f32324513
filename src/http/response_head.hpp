// What the server puts before a handler's body: decides framing and persistence of one response. No I/O.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/server.hpp"

namespace jhub::http {

// What of the request the response depends on.
struct ResponseContext {
    Method method = Method::get;
    int minor_version = 1;
    bool keep_alive = true; // the request and the server both want to go on
};

struct PreparedResponse {
    std::string head;
    bool has_body = false; // false for HEAD, 204 and 304
    bool chunked = false;
    bool keep_alive = false;
};

// nullopt when a header or the reason could split the message: a bug of the handler.
[[nodiscard]] std::optional<PreparedResponse> prepare_response(Response const& response,
                                                               ResponseContext const& context);

// A short plain text answer for requests that no handler sees.
[[nodiscard]] Response plain_refusal(Status status, std::string_view reason);

} // namespace jhub::http

// Status codes by name, and their standard phrases (RFC 9110 §15).
#pragma once

#include <cstdint>
#include <string_view>

namespace jhub::http {

enum class Status : std::uint16_t {
    continue_ = 100,
    switching_protocols = 101,
    ok = 200,
    created = 201,
    accepted = 202,
    no_content = 204,
    moved_permanently = 301,
    found = 302,
    see_other = 303,
    not_modified = 304,
    temporary_redirect = 307,
    permanent_redirect = 308,
    bad_request = 400,
    unauthorized = 401,
    forbidden = 403,
    not_found = 404,
    method_not_allowed = 405,
    not_acceptable = 406,
    request_timeout = 408,
    conflict = 409,
    gone = 410,
    length_required = 411,
    precondition_failed = 412,
    payload_too_large = 413,
    uri_too_long = 414,
    unsupported_media_type = 415,
    range_not_satisfiable = 416,
    expectation_failed = 417,
    misdirected_request = 421,
    unprocessable_content = 422,
    failed_dependency = 424,
    upgrade_required = 426,
    too_many_requests = 429,
    header_fields_too_large = 431,
    internal_server_error = 500,
    not_implemented = 501,
    bad_gateway = 502,
    service_unavailable = 503,
    gateway_timeout = 504,
    version_not_supported = 505,
};

[[nodiscard]] constexpr int to_int(Status status) { return static_cast<int>(status); }

// "Not Found" for 404; "Unknown" for a code without a standard phrase, as the Python hub's server says.
[[nodiscard]] std::string_view reason_phrase(int status);
[[nodiscard]] inline std::string_view reason_phrase(Status status) { return reason_phrase(to_int(status)); }

} // namespace jhub::http

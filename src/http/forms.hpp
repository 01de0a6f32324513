// Bodies of HTML forms: application/x-www-form-urlencoded and multipart/form-data (RFC 7578).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/url.hpp"

namespace jhub::http {

struct Request;

struct Upload {
    std::string field;
    std::string filename; // as sent: never a path to open
    std::string content_type;
    std::string body;
};

struct Form {
    QueryFields fields;
    std::vector<Upload> uploads;
};

struct FormLimits {
    std::size_t bytes = 64 * 1024;
    std::size_t parts = 20;    // of a multipart body
    std::size_t fields = 1000; // of an urlencoded body
};

// An empty body is an empty form. Errc::too_large over a limit, Errc::invalid_argument for another content type or a
// malformed body.
[[nodiscard]] Result<Form> parse_form(std::string_view content_type, std::string_view body,
                                      FormLimits const& limits = {});
[[nodiscard]] Result<Form> parse_form(Request const& request, FormLimits const& limits = {});

} // namespace jhub::http

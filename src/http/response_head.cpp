#include "http/response_head.hpp"

#include <array>
#include <chrono>

#include <fmt/format.h>

#include "base/time_text.hpp"
#include "http/head_parser.hpp"
#include "http/writer.hpp"

namespace jhub::http {
namespace {

// Formatting a date costs more than the rest of a small head: it is done once a second.
std::string const& current_http_date()
{
    thread_local std::chrono::sys_seconds second;
    thread_local std::string text;
    auto const now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    if (text.empty() || now != second) {
        second = now;
        text = to_http_date(now);
    }
    return text;
}

bool is_written_by_server(KnownHeader known)
{
    switch (known) {
    case KnownHeader::connection:
    case KnownHeader::content_length:
    case KnownHeader::date:
    case KnownHeader::keep_alive:
    case KnownHeader::transfer_encoding:
        return true;
    default:
        return false;
    }
}

bool append_own_headers(std::string& out, Headers const& headers)
{
    for (Header const& header : headers)
        if (!is_written_by_server(known_header(header.name)) && !append_header(out, header.name, header.value))
            return false;
    return true;
}

// An answer to HEAD may tell the length of a body that the handler did not make.
std::string content_length(Response const& response, Method method)
{
    auto const told = response.headers.get("Content-Length");
    if (method == Method::head && response.body.empty() && told)
        return std::string(*told);
    return std::to_string(response.body.size());
}

} // namespace

std::optional<PreparedResponse> prepare_response(Response const& response, ResponseContext const& context)
{
    bool const bodiless_status = response.status == Status::no_content || response.status == Status::not_modified;
    bool const streamed = response.stream && !bodiless_status;
    PreparedResponse prepared;
    prepared.chunked = streamed && context.minor_version == 1;
    prepared.has_body = !bodiless_status && context.method != Method::head;
    // HTTP/1.0 knows no chunks: the end of a streamed body is the end of the connection.
    prepared.keep_alive = context.keep_alive && !response.close && (!streamed || prepared.chunked);

    std::string& head = prepared.head;
    head.reserve(512);
    bool good = append_status_line(head, to_int(response.status), response.reason) &&
                append_header(head, "Date", current_http_date()) && append_own_headers(head, response.headers);
    if (prepared.chunked)
        good = good && append_header(head, "Transfer-Encoding", "chunked");
    else if (!streamed && !bodiless_status)
        good = good && append_header(head, "Content-Length", content_length(response, context.method));
    if (!prepared.keep_alive)
        good = good && append_header(head, "Connection", "close");
    else if (context.minor_version == 0)
        good = good && append_header(head, "Connection", "keep-alive");
    append_head_end(head);
    return good ? std::optional(std::move(prepared)) : std::nullopt;
}

Response plain_refusal(Status status, std::string_view reason)
{
    Response response;
    response.status = status;
    response.headers.add("Content-Type", "text/plain; charset=utf-8");
    response.body = fmt::format("{} {}", to_int(status), reason_phrase(status));
    if (!reason.empty())
        response.body += fmt::format(": {}", reason);
    response.body += '\n';
    response.close = true;
    return response;
}

} // namespace jhub::http

// The receiving half of a connection: one request's head and body within limits and deadlines.
#include <algorithm>

#include "base/strings.hpp"
#include "http/connection.hpp"

namespace jhub::http {
// A quiet connection closes without a word; one that stopped in the middle of a head is told 408.
Task<Connection::Progress> Connection::receive_head(Request& request)
{
    auto const& limits = state_->limits;
    std::size_t seen = 0;
    auto deadline = Clock::now() + (first_request_ ? limits.header_timeout : limits.keep_alive);
    while (true) {
        auto const outcome = parse_request_head(pending(), limits, head_, seen);
        if (outcome.failed())
            co_return Ending{outcome.status, outcome.reason};
        if (outcome.done()) {
            request = to_request();
            consume(outcome.used);
            break;
        }
        if (seen == 0 && !pending().empty())
            deadline = Clock::now() + limits.header_timeout;
        seen = pending().size();
        idle_ = seen == 0;
        if (idle_ && state_->stopping)
            co_return Ending{};
        auto const received = co_await receive(deadline);
        idle_ = false;
        if (received == Received::timed_out && seen > 0)
            co_return Ending{Status::request_timeout, "the request did not arrive in time"};
        if (received != Received::something)
            co_return Ending{};
    }
    idle_ = false;
    if (request.method == Method::connect)
        co_return Ending{Status::not_implemented, "CONNECT is not offered here"};
    co_return std::nullopt;
}

Request Connection::to_request()
{
    framing_ = head_.framing;
    expects_invitation_ = head_.expect_continue && framing_.kind != Framing::none;
    keep_alive_ = head_.keep_alive;

    Request request;
    request.method = head_.method;
    request.method_text = head_.method_text;
    request.target = head_.origin_target;
    auto const question = request.target.find('?');
    request.path = request.target.substr(0, question);
    if (question != std::string::npos)
        request.query = request.target.substr(question + 1);
    request.authority = head_.authority;
    request.headers.reserve(head_.headers.size());
    for (HeaderView const& header : head_.headers)
        request.headers.add(header.name, header.value);
    request.peer = peer_;
    request.minor_version = head_.minor_version;
    return request;
}

Task<Connection::Progress> Connection::receive_body(Request& request)
{
    if (framing_.kind == Framing::none)
        co_return std::nullopt;
    if (framing_.kind == Framing::length && framing_.length > state_->limits.body)
        co_return Ending{Status::payload_too_large, "the body is too large"};
    if (expects_invitation_ && !co_await invite_body())
        co_return Ending{};
    if (framing_.kind == Framing::chunked)
        co_return co_await receive_chunked_body(request.body);
    co_return co_await receive_sized_body(framing_.length, request.body);
}

// A client that did not wait for its invitation gets none.
Task<bool> Connection::invite_body()
{
    if (!pending().empty())
        co_return true;
    co_return co_await send("HTTP/1.1 100 Continue\r\n\r\n");
}

Connection::Ending Connection::ending_of_body(Received received)
{
    if (received == Received::timed_out)
        return {Status::request_timeout, "the body did not arrive in time"};
    return {};
}

Task<Connection::Progress> Connection::receive_sized_body(std::uint64_t length, std::string& body)
{
    while (true) {
        // Grows with what arrives: an announced length alone must not take memory.
        auto const piece = pending().substr(0, length - body.size());
        body += piece;
        consume(piece.size());
        if (body.size() == length)
            co_return std::nullopt;
        if (auto const received = co_await receive(Clock::now() + state_->limits.body_idle);
            received != Received::something)
            co_return ending_of_body(received);
    }
}

Task<Connection::Progress> Connection::receive_chunked_body(std::string& body)
{
    ChunkedDecoder decoder(state_->limits);
    while (true) {
        while (!decoder.done() && !pending().empty()) {
            auto const piece = decoder.feed(pending());
            if (decoder.failed())
                co_return Ending{Status::bad_request, decoder.error()};
            if (piece.data.size() > state_->limits.body - body.size())
                co_return Ending{Status::payload_too_large, "the body is too large"};
            body += piece.data;
            consume(piece.used);
        }
        if (decoder.done())
            co_return std::nullopt;
        if (auto const received = co_await receive(Clock::now() + state_->limits.body_idle);
            received != Received::something)
            co_return ending_of_body(received);
    }
}

} // namespace jhub::http

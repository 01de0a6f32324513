// The part of a session that brings a request's body to the target, to a local service, or to nobody.
#include "proxy/session.hpp"

#include <algorithm>

#include "http/writer.hpp"

namespace jhub::proxy {
namespace {

constexpr std::size_t most_service_bytes = 16 * 1024 * 1024;

} // namespace

bool Session::splice_request()
{
    Channel::Status status{};
    bool const moved = splice(request_lane_, request_body_, *client_, *target_, status);
    if (moved) {
        target_moved_ms_ = client_moved_ms_ = worker_.loop().now_ms();
        touch_route();
    }
    if (target_->broken()) { // it may have answered before it ended
        request_lane_.reset();
        sink_ = Sink::discard;
        return true;
    }
    if (status == Channel::Status::failed || status == Channel::Status::ended) {
        close_now(); // gone in mid request
        return true;
    }
    if (request_lane_ == nullptr && request_body_.done())
        request_complete();
    return moved;
}

bool Session::read_request_body()
{
    if (sink_ == Sink::target && (target_ == nullptr || target_->unsent() > 0))
        return false;
    bool const passing_on = sink_ == Sink::target && answering_ != Answering::connecting;
    if (passing_on && input_.empty() && has_lane(request_lane_, request_body_, *client_, *target_))
        return splice_request();
    if (sink_ == Sink::discard && discard_left_ == 0)
        return false; // the connection ends with the answer
    std::string held;
    auto [status, data] = client_input(held);
    if (status == Channel::Status::again)
        return false;
    if (status != Channel::Status::ok) {
        close_now(); // gone in mid request
        return true;
    }
    bool const more = take_body_piece(data);
    if (reading_ == Reading::linger || closed_)
        return true;
    if (!more && !data.empty())
        input_ = data; // the next request, pipelined
    return true;
}

// Passes data on and cuts it down to what follows the body. False once the body is complete.
bool Session::take_body_piece(std::string_view& data)
{
    auto& out = worker_.loop().write_buffer();
    out.clear();
    auto const plain = feed_request_body(data, out);
    if (request_body_.failed()) {
        data = {};
        refuse_body();
        return true;
    }
    bool const done = request_body_.done();
    switch (sink_) {
    case Sink::target:
        if (done && request_body_.kind() == http::Framing::chunked)
            out += http::last_chunk; // a request's trailers are not passed on
        target_->write({out, plain});
        if (target_->broken())
            sink_ = Sink::discard; // it may have answered before it ended
        target_moved_ms_ = worker_.loop().now_ms();
        touch_route();
        break;
    case Sink::discard:
        if (discard_left_ > 0)
            break;
        close_after_ = true; // more than we are willing to read just to keep the connection
        if (answering_ == Answering::finished && client_->unsent() == 0)
            begin_linger();
        break;
    case Sink::service:
        if (service_body_.size() > most_service_bytes)
            refuse_large_body();
        break;
    }
    if (done)
        request_complete();
    return !done;
}

// Brings what data holds of the body to where it goes, and cuts it off. For the target: chunks are appended to out, a
// body of known length is returned, as one run to be sent from where it lies.
std::string_view Session::feed_request_body(std::string_view& data, std::string& out)
{
    bool const chunked = request_body_.kind() == http::Framing::chunked;
    std::string_view plain;
    while (!data.empty() && !request_body_.done() && !request_body_.failed()) {
        auto const piece = request_body_.feed(data);
        data.remove_prefix(piece.used);
        if (sink_ == Sink::service) {
            service_body_ += piece.data;
        } else if (sink_ == Sink::discard) {
            discard_left_ -= std::min<std::uint64_t>(discard_left_, piece.data.size());
        } else {
            received_bytes_ += piece.data.size();
            if (chunked)
                http::append_chunk(out, piece.data);
            else
                plain = piece.data;
        }
    }
    return plain;
}

// Nobody knows where it ends.
void Session::refuse_body()
{
    close_after_ = true;
    discard_left_ = 0;
    if (answering_ == Answering::body || answering_ == Answering::finished) {
        close_now();
        return;
    }
    request_body_ = BodyReader({http::Framing::until_close, 0});
    sink_ = Sink::discard;
    drop_target();
    facts_.kind = ExchangeKind::plain;
    reply(plain_error(400, "malformed chunked body"));
}

void Session::refuse_large_body()
{
    close_after_ = true;
    sink_ = Sink::discard;
    discard_left_ = 0;
    service_head_.reset();
    reply(plain_error(413, "the body is too large"));
}

void Session::request_complete()
{
    reading_ = reading_ == Reading::linger ? Reading::linger : Reading::finished;
    if (sink_ == Sink::service && answering_ == Answering::service)
        answer_by_service();
}

} // namespace jhub::proxy

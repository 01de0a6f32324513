// The part of a session from the target to the client: response heads and bodies.
#include "proxy/session.hpp"

#include "base/log.hpp"
#include "base/strings.hpp"
#include "http/writer.hpp"

namespace jhub::proxy {
namespace {

// A small body is copied behind its head: the kernel takes one part with less work than two.
constexpr std::size_t cheaper_copied = 2048;
constexpr std::uint8_t most_interim_responses = 8;

http::Limits const& response_limits()
{
    static http::Limits const limits{.request_line = 8 * 1024, .header_block = 64 * 1024, .header_count = 500};
    return limits;
}

// A trailer may not change what the head has said about the message.
bool is_safe_trailer(std::string_view name)
{
    auto const known = http::known_header(name);
    return known == http::KnownHeader::other || known == http::KnownHeader::date || known == http::KnownHeader::server;
}

void append_trailers(std::string& out, http::Headers const* trailers)
{
    out += "0\r\n";
    if (trailers != nullptr)
        for (auto const& [name, value] : *trailers)
            if (is_safe_trailer(name))
                (void)http::append_header(out, name, value); // one that cannot be written is left out
    out += "\r\n";
}

} // namespace

// Bytes that waited behind an interim response, else fresh ones behind what has come of the head. held keeps them
// alive.
Channel::Read Session::answer_input(std::string& held)
{
    if (!partial_answer_ && !response_input_.empty()) {
        held = std::exchange(response_input_, {});
        return {Channel::Status::ok, held};
    }
    if (!target_->may_read())
        return {Channel::Status::again, {}};
    auto const read = target_->read(worker_.loop().read_buffer());
    if (read.status != Channel::Status::again)
        target_moved_ms_ = worker_.loop().now_ms();
    if (read.status != Channel::Status::ok || !partial_answer_)
        return read;
    held = std::exchange(response_input_, {});
    held += read.data;
    return {Channel::Status::ok, held};
}

bool Session::read_response_head()
{
    if (client_->unsent() > 0)
        return false;
    std::size_t const seen = partial_answer_ ? response_input_.size() : 0;
    std::string held;
    auto const [status, data] = answer_input(held);
    if (status == Channel::Status::again)
        return false;
    if (status != Channel::Status::ok) {
        target_lost(status == Channel::Status::ended ? "closed the connection without an answer" : target_->problem());
        return true;
    }
    auto const outcome = http::parse_response_head(data, response_limits(), worker_.response_view, seen);
    if (outcome.failed()) {
        reused_ = false; // it did answer: no second try
        target_lost(outcome.reason);
        return true;
    }
    partial_answer_ = !outcome.done();
    if (partial_answer_) {
        reused_ = false;
        response_input_ = data;
        return true;
    }
    take_response_head(data, outcome.used);
    return true;
}

void Session::take_response_head(std::string_view data, std::size_t used)
{
    http::ResponseHeadView const& head = worker_.response_view;
    auto const rest = data.substr(used);
    if (head.status == 408 && !head.keep_alive && may_try_again()) {
        target_lost("ended the idle connection"); // its 408 and our request have crossed (RFC 9110 §15.5.9)
        return;
    }
    reused_ = false;
    if (head.status == 101) {
        if (facts_.kind == ExchangeKind::websocket && head.upgrade)
            open_tunnel(head, rest);
        else
            target_lost("switched protocols unasked");
        return;
    }
    if (head.status < 200)
        pass_interim_response(head, rest);
    else
        begin_response(head, rest);
}

void Session::pass_interim_response(http::ResponseHeadView const& head, std::string_view rest)
{
    if (++interim_count_ > most_interim_responses) {
        target_lost("too many interim responses");
        return;
    }
    auto& out = worker_.loop().write_buffer();
    out.clear();
    // Our own 100 was sent already.
    if (head.status != 100 && facts_.minor_version == 1 && error_status_ == 0)
        append_interim_response(out, head);
    response_input_ = rest;
    client_->write({out});
}

void Session::begin_response(http::ResponseHeadView const& head, std::string_view rest)
{
    auto& out = worker_.loop().write_buffer();
    out.clear();
    auto const body = http::response_framing(head, error_status_ != 0 ? http::Method::get : facts_.method);
    response_status_ = static_cast<std::uint16_t>(head.status);
    response_body_ = BodyReader(body);
    target_keep_alive_ = head.keep_alive && body.kind != http::Framing::until_close;
    if (error_status_ != 0) {
        append_error_response(out, head, body);
    } else {
        auto const framing =
            append_client_response(out, head, body, facts_, slot_.get()->route(), worker_.facts().rules);
        client_framing_ = framing.kind;
        close_after_ = close_after_ || framing.close;
    }
    answering_ = Answering::body;
    worker_.counters().requests_proxy[std::min<std::size_t>(response_status_, 599)].add(); // before anybody can look
    relay_response(out, rest);
}

// A large body of known length, as it is. Leaves the rest of it to read_response_body().
bool Session::splice_response()
{
    Channel::Status status{};
    bool const moved = splice(response_lane_, response_body_, *target_, *client_, status);
    if (moved)
        target_moved_ms_ = client_moved_ms_ = worker_.loop().now_ms();
    if (status == Channel::Status::failed || status == Channel::Status::ended) {
        if (!client_->broken() && worker_.may_log())
            log::warning("{} ended in the middle of a response", slot_.get()->route().target.url());
        cut_client();
        return true;
    }
    if (response_lane_ == nullptr && response_body_.done())
        response_complete(false);
    return moved;
}

bool Session::read_response_body()
{
    if (client_->unsent() == 0 && has_lane(response_lane_, response_body_, *target_, *client_))
        return splice_response();
    if (client_->unsent() > 0 || !target_->may_read())
        return false;
    auto const [status, data] = target_->read(worker_.loop().read_buffer());
    if (status == Channel::Status::again)
        return false;
    target_moved_ms_ = worker_.loop().now_ms();
    auto& out = worker_.loop().write_buffer();
    out.clear();
    if (status == Channel::Status::ok) {
        relay_response(out, data);
    } else if (status == Channel::Status::ended && response_body_.kind() == http::Framing::until_close) {
        if (client_framing_ == http::Framing::chunked)
            client_->write({http::last_chunk});
        response_complete(false);
    } else {
        if (worker_.may_log())
            log::warning("{} ended in the middle of a response to {}", slot_.get()->route().target.url(),
                         printable(url_.substr(0, url_.find('?'))));
        cut_client();
    }
    return true;
}

// Cuts what data holds of the body off. The pieces of a chunked one are appended to out, any other is returned, as
// one run to be sent from where it lies.
std::string_view Session::feed_response_body(std::string_view& data, std::string& out)
{
    bool const mixed = response_body_.kind() == http::Framing::chunked;
    std::string_view plain;
    while (!data.empty() && !response_body_.done() && !response_body_.failed()) {
        auto const piece = response_body_.feed(data);
        data.remove_prefix(piece.used);
        if (piece.data.empty())
            continue;
        sent_bytes_ += piece.data.size();
        if (!mixed)
            plain = piece.data;
        else if (client_framing_ == http::Framing::chunked)
            http::append_chunk(out, piece.data);
        else
            out += piece.data;
    }
    return plain;
}

// Sends out (the head, or nothing) and what data holds of the body.
void Session::relay_response(std::string& out, std::string_view data)
{
    bool const chunked = client_framing_ == http::Framing::chunked;
    std::string_view plain = feed_response_body(data, out);
    if (response_body_.failed()) {
        client_->write({out});
        if (worker_.may_log())
            log::warning("{} sent a malformed chunked body", slot_.get()->route().target.url());
        cut_client();
        return;
    }
    bool const done = response_body_.done();
    if (chunked && !plain.empty()) {
        http::append_chunk_size(out, plain.size());
        client_->write({out, plain, "\r\n"});
    } else {
        if (done && chunked)
            append_trailers(out, response_body_.trailers());
        if (plain.size() <= cheaper_copied) {
            out += plain;
            plain = {};
        }
        client_->write({out, plain});
    }
    if (client_->broken())
        close_now();
    else if (done)
        response_complete(!data.empty());
}

// surprise: the target sent more than its response.
void Session::response_complete(bool surprise)
{
    count_answer();
    if (response_status_ < 300 && error_status_ == 0)
        touch_route();
    bool const reusable = target_keep_alive_ && !surprise && reading_ != Reading::body && target_->unsent() == 0 &&
                          !target_->peer_finished() && facts_.kind == ExchangeKind::plain;
    if (reusable)
        worker_.pool().give(*slot_.get(), std::move(target_));
    response_body_ = {};
    answering_ = Answering::finished;
    if (!upload_goes_on())
        drop_target();
}

// Answered early, but the target still reads the request's body.
bool Session::upload_goes_on() const
{
    return reading_ == Reading::body && sink_ == Sink::target && target_ != nullptr && !target_->peer_finished() &&
           !target_->broken();
}

void Session::drop_target()
{
    if (connector_ != nullptr) {
        connector_->give_up();
        worker_.loop().retire(std::move(connector_));
    }
    if (target_ != nullptr) {
        target_->set_owner(nullptr);
        worker_.loop().retire(std::move(target_));
    }
    partial_answer_ = false;
    response_input_ = {};
    request_lane_.reset();
    response_lane_.reset();
    if (sink_ == Sink::target)
        sink_ = Sink::discard; // whatever is left of the body
    count_bytes();
    slot_.release();
}

void Session::count_answer()
{
    if (slot_.get() == nullptr)
        return;
    RouteTraffic& traffic = slot_.get()->route().traffic.get();
    traffic.add(&RouteTraffic::requests, 1);
    traffic.add(&RouteTraffic::nanoseconds, steady_nanoseconds() - started_nanoseconds_);
}

void Session::count_bytes()
{
    if (slot_.get() != nullptr && received_bytes_ + sent_bytes_ > 0) {
        RouteTraffic& traffic = slot_.get()->route().traffic.get();
        traffic.add(&RouteTraffic::received_bytes, received_bytes_);
        traffic.add(&RouteTraffic::sent_bytes, sent_bytes_);
    }
    received_bytes_ = sent_bytes_ = 0;
}

void Session::touch_route()
{
    if (slot_.get() == nullptr)
        return;
    slot_.get()->route().touch(worker_.loop().wall_ms());
    worker_.counters().activity_updates.add();
}

} // namespace jhub::proxy

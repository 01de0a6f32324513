// The part of a session from the target to the client: response heads, bodies, and what is said when there is none.
#include "proxy/session.hpp"

#include <fmt/format.h>

#include "base/log.hpp"
#include "base/strings.hpp"
#include "base/url.hpp"
#include "http/status.hpp"
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
            if (is_safe_trailer(name) && !http::append_header(out, name, value))
                continue;
    out += "\r\n";
}

} // namespace

bool Session::read_response_head()
{
    if (client_->unsent() > 0)
        return false;
    std::string held;
    std::string_view data;
    std::size_t seen = 0;
    if (!partial_answer_ && !response_input_.empty()) { // bytes behind an interim response
        held = std::exchange(response_input_, {});
        data = held;
    } else {
        if (!target_->may_read())
            return false;
        auto const read = target_->read(worker_.loop().read_buffer());
        if (read.status == Channel::Status::again)
            return false;
        target_moved_ms_ = worker_.loop().now_ms();
        if (read.status != Channel::Status::ok) {
            target_lost(read.status == Channel::Status::ended ? "closed the connection without an answer"
                                                              : target_->problem());
            return true;
        }
        data = read.data;
        if (partial_answer_) {
            seen = response_input_.size();
            held = std::exchange(response_input_, {});
            held += data;
            data = held;
        }
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
    return take_response_head(data, outcome.used);
}

bool Session::take_response_head(std::string_view data, std::size_t used)
{
    http::ResponseHeadView const& head = worker_.response_view;
    auto const rest = data.substr(used);
    if (head.status == 408 && !head.keep_alive && may_try_again()) {
        target_lost("ended the idle connection"); // its 408 and our request have crossed (RFC 9110 §15.5.9)
        return true;
    }
    reused_ = false;
    if (head.status == 101) {
        if (facts_.kind == ExchangeKind::websocket && head.upgrade)
            open_tunnel(head, rest);
        else
            target_lost("switched protocols unasked");
        return true;
    }
    auto& out = worker_.loop().write_buffer();
    out.clear();
    if (head.status < 200) {
        if (++interim_count_ > most_interim_responses) {
            target_lost("too many interim responses");
            return true;
        }
        // Our own 100 was sent already.
        if (head.status != 100 && facts_.minor_version == 1 && error_status_ == 0)
            append_interim_response(out, head);
        response_input_ = rest;
        client_->write({out});
        return true;
    }

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
    relay_response(out, rest);
    return true;
}

// Of the error target's answer only the page itself is passed on; the status stays that of the error.
void Session::append_error_response(std::string& out, http::ResponseHeadView const& head, http::BodyFraming body)
{
    bool const head_only = facts_.method == http::Method::head;
    client_framing_ = body.kind;
    if (body.kind == http::Framing::chunked || body.kind == http::Framing::until_close)
        client_framing_ = facts_.minor_version == 1 ? http::Framing::chunked : http::Framing::until_close;
    close_after_ = close_after_ || client_framing_ == http::Framing::until_close;
    out += fmt::format("HTTP/1.1 {} {}\r\n", error_status_, http::reason_phrase(error_status_));
    for (auto const* name : {"content-type", "content-encoding"})
        if (auto const value = head.get(name); value && !http::append_header(out, name, *value))
            log::debug("the error target sent an unusable {}", name);
    for (auto const& [name, value] : page_protection)
        out += fmt::format("{}: {}\r\n", name, value);
    if (client_framing_ == http::Framing::chunked)
        out += "Transfer-Encoding: chunked\r\n";
    else if (client_framing_ != http::Framing::until_close)
        out += fmt::format("Content-Length: {}\r\n", body.length);
    out += close_after_ ? "Connection: close\r\n\r\n" : "Connection: keep-alive\r\n\r\n";
    response_status_ = error_status_;
    if (head_only) {
        client_framing_ = http::Framing::none;
        response_body_ = {};
        target_keep_alive_ = false; // its body is on the way and nobody reads it
    }
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

// Sends out (the head, or nothing) and what data holds of the body.
void Session::relay_response(std::string& out, std::string_view data)
{
    bool const chunked = client_framing_ == http::Framing::chunked;
    bool const mixed = response_body_.kind() == http::Framing::chunked;
    std::string_view plain;
    while (!data.empty() && !response_body_.done() && !response_body_.failed()) {
        auto const piece = response_body_.feed(data);
        data.remove_prefix(piece.used);
        if (piece.data.empty())
            continue;
        sent_bytes_ += piece.data.size();
        if (!mixed)
            plain = piece.data; // one run: sent from where it lies
        else if (chunked)
            http::append_chunk(out, piece.data);
        else
            out += piece.data;
    }
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
    worker_.counters().requests_proxy[std::min<std::size_t>(response_status_, 599)].add();
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

// The wait that reported the client's request also reported that the idle connection stirs: no answer to that request.
// The event may be an old one whose bytes have been read meanwhile; asking again does no harm then. Requests that
// cannot be sent twice had their connection looked at when they took it.
bool Session::target_spoke_first() const
{
    return may_try_again() && target_->may_read() && reused_in_round_ == worker_.loop().round();
}

// The target failed before its response head was complete.
void Session::target_lost(std::string_view why)
{
    std::string const reason(why);
    worker_.loop().retire(std::move(target_));
    partial_answer_ = false;
    response_input_ = {};
    if (may_try_again()) { // an idle connection that ended as we took it: nothing was lost but time
        send_to_target(Reuse::fresh_only);
        return;
    }
    fail_request(503, reason);
}

void Session::fail_request(int status, std::string_view why)
{
    auto const describe = [&] {
        return fmt::format("{} {} {}: {}", status, facts_.kind == ExchangeKind::websocket ? "WS" : "WEB",
                           printable(url_.substr(0, url_.find('?'))), printable(why)); // queries may hold secrets
    };
    if (status == 503 && worker_.may_log())
        log::error("{}", describe());
    else if (log::enabled(log::Level::debug))
        log::debug("{}", describe());
    std::uint16_t const asked_for = error_status_;
    drop_target();
    fixed_deadline_ms_ = 0;
    if (reading_ == Reading::body)
        sink_ = Sink::discard;
    close_after_ = close_after_ || awaits_continue_; // will its body come after the refusal? nobody knows
    if (facts_.kind == ExchangeKind::websocket) {
        close_after_ = true;
        reply({status, "", "", {}});
    } else if (asked_for != 0) {
        reply(plain_error(asked_for)); // the error target failed too
    } else if (worker_.facts().error_target != nullptr && status != 400) {
        ask_error_target(status);
    } else {
        reply(error_page(status, worker_.facts().error_path));
    }
}

void Session::ask_error_target(int status)
{
    error_status_ = static_cast<std::uint16_t>(status);
    slot_ = worker_.pool().use(worker_.facts().error_target);
    Target const& target = slot_.get()->route().target;
    request_head_ = fmt::format("GET {}/{}?url={} HTTP/1.1\r\nHost: {}\r\n\r\n", target.base_path(), status,
                                percent_encode(url_), target.authority());
    retriable_ = true;
    interim_count_ = 0;
    send_to_target(Reuse::allowed);
}

void Session::reply(LocalReply const& reply)
{
    if (front_.service == nullptr && url_ != "/_chp_healthz")
        worker_.counters().requests_proxy[std::min<std::size_t>(static_cast<std::size_t>(reply.status), 599)].add();
    drop_target();
    close_after_ = close_after_ || awaits_continue_ || !facts_.keep_alive;
    std::string out;
    append_local_reply(out, reply, facts_.method == http::Method::head,
                       close_after_ ? Ending::close : Ending::keep_alive);
    client_->write({out});
    answering_ = Answering::finished;
    pump_again_ = true;
}

// The response cannot be completed: the client must not take it for a whole one.
void Session::cut_client()
{
    worker_.counters().requests_proxy[std::min<std::size_t>(response_status_, 599)].add();
    client_->reset_on_close();
    close_now();
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

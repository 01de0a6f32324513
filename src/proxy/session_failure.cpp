// The part of a session that answers for a target that did not: a second try, the error target, a reply of our own.
#include "proxy/session.hpp"

#include <fmt/format.h>

#include "base/log.hpp"
#include "base/strings.hpp"
#include "base/url.hpp"
#include "http/status.hpp"
#include "http/writer.hpp"
#include "proxy/away_page.hpp"

namespace jhub::proxy {

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
    bool const hub_route = slot_.get() != nullptr && slot_.get()->route().leads_to_hub;
    drop_target();
    fixed_deadline_ms_ = 0;
    if (reading_ == Reading::body)
        sink_ = Sink::discard;
    close_after_ = close_after_ || awaits_continue_; // will its body come after the refusal? nobody knows
    if (facts_.kind == ExchangeKind::websocket) {
        close_after_ = true;
        reply({status, "", "", {}});
    } else if (asked_for != 0) {
        reply_hub_away(asked_for); // the error target failed too
    } else if (worker_.facts().error_target != nullptr && status != 400) {
        ask_error_target(status);
    } else if (hub_route && status == 503 && worker_.facts().error_path.empty() && facts_.wants_page) {
        reply_hub_away(status);
    } else {
        reply(error_page(status, worker_.facts().error_path));
    }
}

// What is away has no answer for the path either: to a person it is all the same.
void Session::reply_hub_away(int status)
{
    auto const salt = static_cast<std::uint64_t>(worker_.loop().now_ms());
    reply(facts_.wants_page ? away_page(facts_.method, salt) : away_text(status, salt));
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
    client_->reset_on_close();
    close_now();
}

} // namespace jhub::proxy

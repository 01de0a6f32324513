// The part of a session that watches the clock: who is waited for until when, and what follows when they did not come.
#include "proxy/session.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "base/log.hpp"
#include "base/strings.hpp"

namespace jhub::proxy {
namespace {

constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t error_page_ms = 5'000; // for the error target to answer; a page of our own comes at once

} // namespace

// In the order in which they count when several are over at once.
std::array<Session::Deadline, 5> Session::deadlines() const
{
    ProxyFacts const& facts = worker_.facts();
    auto const either_moved_ms = std::max(client_moved_ms_, target_moved_ms_);
    bool const tunnel = answering_ == Answering::tunnel;
    bool const target_answers = answering_ == Answering::head || answering_ == Answering::body;
    bool const has_request = answering_ != Answering::nothing && !tunnel;
    auto const after = [](std::int64_t since_ms, std::int64_t patience_ms, bool waiting) {
        return waiting && patience_ms > 0 ? since_ms + patience_ms : never;
    };
    return {{
        {Awaited::state, fixed_deadline_ms_ == 0 ? never : fixed_deadline_ms_},
        {Awaited::target, after(target_moved_ms_, facts.target_timeout_ms, target_answers)},
        {Awaited::client, after(client_moved_ms_, facts.client_timeout_ms, has_request)},
        {Awaited::body, after(either_moved_ms, facts.body_ms, waits_for_body())},
        {Awaited::tunnel_end, after(either_moved_ms, facts.half_closed_ms, tunnel && client_finished_)},
    }};
}

void Session::arm_deadline()
{
    auto const due_ms = std::ranges::min(deadlines(), {}, &Deadline::due_ms).due_ms;
    if (due_ms == never)
        worker_.loop().timers().clear(*this);
    else
        worker_.loop().timers().set(*this, due_ms);
}

void Session::on_deadline()
{
    auto const all = deadlines();
    auto const passed = [now_ms = worker_.loop().now_ms()](Deadline const& deadline) {
        return now_ms >= deadline.due_ms;
    };
    if (auto const* const first = std::ranges::find_if(all, passed); first != all.end())
        give_up_waiting(first->awaited);
    if (!closed_)
        pump();
}

void Session::give_up_waiting(Awaited awaited)
{
    switch (awaited) {
    case Awaited::state:
        fixed_deadline_passed();
        break;
    case Awaited::target:
        if (answering_ == Answering::head)
            fail_request(503, "no answer within --proxy-timeout");
        else
            cut_client();
        break;
    case Awaited::body:
        give_up_request(408, "the body did not come in time");
        break;
    case Awaited::client:
    case Awaited::tunnel_end:
        close_now();
        break;
    }
}

void Session::fixed_deadline_passed()
{
    if (answering_ == Answering::connecting)
        fail_request(503, "the connection was not accepted in time");
    else if (answering_ == Answering::head && error_status_ != 0)
        fail_request(503, "the error target does not answer in time");
    else if (reading_ == Reading::head && partial_head_)
        refuse_head(http::Status::request_timeout, "the request did not come in time");
    else
        close_now();
}

void Session::limit_error_page()
{
    if (error_status_ != 0)
        fixed_deadline_ms_ = worker_.loop().now_ms() + error_page_ms;
}

// Somebody took too long: says so, and ends the connection.
void Session::give_up_request(int status, std::string_view why)
{
    log::debug("{} {}: {}", status, printable(url_.substr(0, url_.find('?'))), why);
    drop_target();
    error_status_ = 0;
    fixed_deadline_ms_ = 0;
    client_moved_ms_ = worker_.loop().now_ms(); // time to take the answer
    service_head_.reset();
    sink_ = Sink::discard;
    discard_left_ = 0;
    close_after_ = true;
    reply(facts_.kind == ExchangeKind::websocket ? LocalReply{status, "", "", {}} : plain_error(status, why));
}

// It is the client's turn, and no answer is on the way.
bool Session::waits_for_body() const
{
    bool const target_is_behind = sink_ == Sink::target && (target_ == nullptr || target_->unsent() > 0);
    return reading_ == Reading::body && answering_ != Answering::body && answering_ != Answering::finished &&
           !target_is_behind && request_lane_ == nullptr && !(sink_ == Sink::discard && discard_left_ == 0);
}

} // namespace jhub::proxy

// The part of a session from the client to the target: reading a request's head, choosing the route, passing the body.
#include "proxy/session.hpp"

#include "base/log.hpp"
#include "base/strings.hpp"
#include "http/writer.hpp"

namespace jhub::proxy {
namespace {

constexpr std::string_view health_path = "/_chp_healthz";
constexpr std::string_view continue_response = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr std::uint64_t most_discarded_bytes = 8 * 1024 * 1024;
constexpr std::size_t most_service_bytes = 1024 * 1024;

// Sending it twice does no harm (RFC 9110 §9.2.2).
bool is_idempotent(http::Method method)
{
    return method == http::Method::get || method == http::Method::head || method == http::Method::options ||
           method == http::Method::put || method == http::Method::delete_ || method == http::Method::trace;
}

bool has_body(http::BodyFraming framing)
{
    return framing.kind == http::Framing::chunked || (framing.kind == http::Framing::length && framing.length > 0);
}

} // namespace

bool Session::read_request_head()
{
    if (client_->unsent() > 0)
        return false; // a pipelined request waits until the last response is sent
    std::string held;
    std::size_t const seen = partial_head_ ? input_.size() : 0;
    Input input = {Channel::Status::again, {}};
    if (partial_head_) {
        if (client_->may_read()) {
            auto const [status, data] = client_->read(worker_.loop().read_buffer());
            held = std::exchange(input_, {});
            held += data;
            input = {status, held};
        }
    } else {
        input = client_input(held);
    }
    if (input.status == Channel::Status::again) {
        if (partial_head_ && input_.empty())
            input_ = std::move(held);
        return false;
    }
    if (input.status != Channel::Status::ok) {
        close_now();
        return true;
    }

    auto& view = worker_.request_view;
    auto const outcome = http::parse_request_head(input.data, worker_.facts().limits, view, seen);
    if (outcome.failed()) {
        refuse_head(outcome.status, outcome.reason);
        return true;
    }
    if (!outcome.done()) {
        if (!partial_head_)
            fixed_deadline_ms_ = worker_.loop().now_ms() + worker_.facts().limits.header_timeout.count();
        partial_head_ = true;
        input_ = input.data;
        return true;
    }
    partial_head_ = false;
    fixed_deadline_ms_ = 0;
    input_ = input.data.substr(outcome.used); // before the views are used up: begin_request() may answer at once
    begin_request(view);
    return true;
}

// The connection cannot go on: nobody knows where the next request would begin.
void Session::refuse_head(http::Status status, std::string_view reason)
{
    partial_head_ = false;
    input_ = {};
    facts_ = {};
    facts_.keep_alive = false;
    reading_ = Reading::body; // whatever follows is not a request
    sink_ = Sink::discard;
    request_body_ = BodyReader({http::Framing::until_close, 0});
    discard_left_ = 0;
    log::debug("{} from {}: {}", http::to_int(status), address_, reason);
    reply(plain_error(http::to_int(status), reason));
}

void Session::begin_request(http::RequestHeadView const& head)
{
    leave_admission();
    facts_.method = head.method;
    facts_.minor_version = head.minor_version;
    facts_.keep_alive = head.keep_alive && worker_.keeps_connections();
    facts_.kind = ExchangeKind::plain;
    close_after_ = !facts_.keep_alive;
    url_ = head.origin_target;
    request_body_ = BodyReader(head.framing);
    reading_ = has_body(head.framing) ? Reading::body : Reading::finished;
    awaits_continue_ = head.expect_continue && reading_ == Reading::body;
    sink_ = Sink::discard; // until somebody wants the body
    discard_left_ = most_discarded_bytes;
    client_moved_ms_ = worker_.loop().now_ms();

    if (head.form == http::TargetForm::authority) {
        close_after_ = true;
        reply(plain_error(405, "this is no forward proxy"));
    } else if (front_.service != nullptr) {
        begin_service_request(head);
    } else if (url_ == health_path) {
        reply({200, "application/json", R"({"status":"OK"})", {}});
    } else if (worker_.load() >= Load::no_requests) {
        reply({503, "text/plain", "Too busy: try again in a moment", {{"Retry-After", "5"}}});
    } else {
        begin_proxied_request(head);
    }
}

void Session::begin_service_request(http::RequestHeadView const& head)
{
    if (auto const refusal = front_.service->answer_early(head)) {
        close_after_ = close_after_ || reading_ == Reading::body; // an unwelcome body is not waited for
        discard_left_ = 0;
        reply(*refusal);
        return;
    }
    service_head_ = std::make_unique<http::RequestHead>(http::to_owned(head));
    service_body_.clear();
    answering_ = Answering::service;
    if (std::exchange(awaits_continue_, false))
        client_->write({continue_response});
    sink_ = Sink::service;
    if (reading_ == Reading::finished)
        answer_by_service();
}

void Session::answer_by_service()
{
    auto const head = std::move(service_head_);
    reply(front_.service->answer(*head, service_body_));
    service_body_ = {};
}

void Session::begin_proxied_request(http::RequestHeadView const& head)
{
    facts_.kind = exchange_kind(head);
    bool const websocket = facts_.kind == ExchangeKind::websocket;
    (websocket ? worker_.counters().requests_ws : worker_.counters().requests_web).add();
    ProxyFacts const& facts = worker_.facts();
    if (facts.rules.auto_rewrite)
        facts_.host = head.authority;

    auto const path = parse_request_target(head.origin_target);
    auto const started = started_nanoseconds_ = steady_nanoseconds();
    RouteKey& key = worker_.key;
    key.clear();
    if (facts.host_routing)
        key.append_segment(host_name(head.authority));
    if (!path || !key.append_path(path->path)) {
        fail_request(400, "the path cannot be decoded");
        return;
    }
    auto const match = worker_.routes().find(key);
    worker_.counters().routings.add();
    worker_.counters().routing_nanoseconds.add(steady_nanoseconds() - started);
    if (match.route == nullptr) {
        fail_request(404, "no route");
        return;
    }
    slot_ = worker_.pool().use(*match.route);
    Target const& target = (*match.route)->target;
    request_head_.clear();
    std::size_t const path_segments = match.segments - (facts.host_routing && match.segments > 0 ? 1 : 0);
    append_upstream_request(request_head_, head, target, upstream_path(target, *path, path_segments, facts.rules.join),
                            {address_, client_->tls(), trusted_}, facts.rules, facts_.kind);
    if (reading_ == Reading::body) {
        sink_ = Sink::target;
        if (std::exchange(awaits_continue_, false))
            client_->write({continue_response});
    }
    retriable_ = is_idempotent(head.method) && reading_ == Reading::finished;
    if (log::enabled(log::Level::debug))
        log::debug("PROXY {} {} to {}", websocket ? "WS" : "WEB", printable(url_.substr(0, url_.find('?'))),
                   target.url());
    send_to_target(websocket ? Reuse::fresh_only : Reuse::allowed);
}

void Session::send_to_target(Reuse reuse)
{
    target_moved_ms_ = worker_.loop().now_ms();
    if (reuse == Reuse::allowed) {
        auto idle = worker_.pool().take(*slot_.get(), retriable_ ? UpstreamPool::Check::trust_events
                                                                 : UpstreamPool::Check::look_first);
        if (idle != nullptr) {
            reused_ = true;
            reused_in_round_ = worker_.loop().round();
            target_ = std::move(idle);
            target_->set_owner(this);
            answering_ = Answering::head;
            limit_error_page();
            target_->write({request_head_});
            pump_again_ = true;
            return;
        }
    }
    answering_ = Answering::connecting;
    fixed_deadline_ms_ = worker_.loop().now_ms() + worker_.facts().connect_ms;
    connector_ = std::make_unique<Connector>(worker_.pool(), *slot_.get(), *this);
    connector_->start();
}

void Session::on_connected(std::unique_ptr<Channel> channel)
{
    worker_.loop().retire(std::move(connector_));
    fixed_deadline_ms_ = 0;
    reused_ = false;
    target_ = std::move(channel);
    target_->set_owner(this);
    target_moved_ms_ = worker_.loop().now_ms();
    answering_ = Answering::head;
    limit_error_page();
    target_->write({request_head_});
    pump();
}

void Session::on_connect_failed(std::string const& why)
{
    worker_.loop().retire(std::move(connector_));
    fixed_deadline_ms_ = 0;
    fail_request(503, why);
    pump();
}

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
    bool const chunked = request_body_.kind() == http::Framing::chunked;
    std::string_view plain;
    while (!data.empty() && !request_body_.done() && !request_body_.failed()) {
        auto const piece = request_body_.feed(data);
        data.remove_prefix(piece.used);
        if (sink_ == Sink::target)
            received_bytes_ += piece.data.size();
        if (sink_ == Sink::service)
            service_body_ += piece.data;
        else if (sink_ == Sink::discard)
            discard_left_ -= std::min<std::uint64_t>(discard_left_, piece.data.size());
        else if (chunked)
            http::append_chunk(out, piece.data);
        else
            plain = piece.data;
    }
    if (request_body_.failed()) {
        data = {};
        close_after_ = true;
        discard_left_ = 0;
        bool const answered = answering_ == Answering::body || answering_ == Answering::finished;
        if (answered) {
            close_now();
        } else {
            request_body_ = BodyReader({http::Framing::until_close, 0});
            sink_ = Sink::discard;
            drop_target();
            facts_.kind = ExchangeKind::plain;
            reply(plain_error(400, "malformed chunked body"));
        }
        return true;
    }
    bool const done = request_body_.done();
    if (sink_ == Sink::target) {
        if (done && chunked)
            out += http::last_chunk; // a request's trailers are not passed on
        target_->write({out, plain});
        if (target_->broken())
            sink_ = Sink::discard; // it may have answered before it ended
        target_moved_ms_ = worker_.loop().now_ms();
        touch_route();
    } else if (sink_ == Sink::discard && discard_left_ == 0) {
        close_after_ = true; // more than we are willing to read just to keep the connection
        if (answering_ == Answering::finished && client_->unsent() == 0)
            begin_linger();
    } else if (sink_ == Sink::service && service_body_.size() > most_service_bytes) {
        close_after_ = true;
        sink_ = Sink::discard;
        discard_left_ = 0;
        service_head_.reset();
        reply(plain_error(413, "the body is too large"));
    }
    if (done)
        request_complete();
    return !done;
}

void Session::request_complete()
{
    reading_ = reading_ == Reading::linger ? Reading::linger : Reading::finished;
    if (sink_ == Sink::service && answering_ == Answering::service)
        answer_by_service();
}

} // namespace jhub::proxy

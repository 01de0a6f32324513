// The part of a session from the client to the target: reading a request's head, choosing the route, connecting.
#include "proxy/session.hpp"

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/strings.hpp"
#include "proxy/away_page.hpp"

namespace jhub::proxy {
namespace {

constexpr std::string_view health_path = "/_chp_healthz";
constexpr std::string_view continue_response = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr std::uint64_t most_discarded_bytes = 8 * 1024 * 1024;

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

// As client_input(), behind what has come of the head.
Channel::Read Session::head_input(std::string& held)
{
    if (!partial_head_)
        return client_input(held);
    if (!client_->may_read())
        return {Channel::Status::again, {}};
    auto const read = client_->read(worker_.loop().read_buffer());
    if (read.status != Channel::Status::ok)
        return read;
    held = std::exchange(input_, {});
    held += read.data;
    return {Channel::Status::ok, held};
}

bool Session::read_request_head()
{
    if (client_->unsent() > 0)
        return false; // a pipelined request waits until the last response is sent
    std::size_t const seen = partial_head_ ? input_.size() : 0;
    std::string held;
    auto const [status, data] = head_input(held);
    if (status == Channel::Status::again)
        return false;
    if (status != Channel::Status::ok) {
        close_now();
        return true;
    }

    auto& view = worker_.request_view;
    auto const outcome = http::parse_request_head(data, worker_.facts().limits, view, seen);
    if (outcome.failed()) {
        refuse_head(outcome.status, outcome.reason);
        return true;
    }
    if (!outcome.done()) {
        if (!partial_head_)
            fixed_deadline_ms_ = worker_.loop().now_ms() + worker_.facts().limits.header_timeout.count();
        partial_head_ = true;
        input_ = data;
        return true;
    }
    partial_head_ = false;
    fixed_deadline_ms_ = 0;
    input_ = data.substr(outcome.used); // before the views are used up: begin_request() may answer at once
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
        if (front_.access == Access::control) { // an unwelcome body is not waited for
            close_after_ = close_after_ || reading_ == Reading::body;
            discard_left_ = 0;
        }
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
    facts_.wants_page = wants_page(head.get("accept").value_or(""));
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
    std::size_t const path_segments = match.segments - (facts.host_routing && match.segments > 0 ? 1 : 0);
    forward(head, *path, path_segments);
}

// matched_segments: of the path, that the route covers.
void Session::forward(http::RequestHeadView const& head, RequestPath const& path, std::size_t matched_segments)
{
    ForwardRules const& rules = worker_.facts().rules;
    Target const& target = slot_.get()->route().target;
    request_head_.clear();
    append_upstream_request(request_head_, head, target, upstream_path(target, path, matched_segments, rules.join),
                            {address_, client_->tls(), trusted_}, rules, facts_.kind);
    if (slot_.get()->route().leads_to_hub && rules.seal)
        append_seal(request_head_, *rules.seal, std::chrono::floor<std::chrono::seconds>(system_clock().now()));
    if (reading_ == Reading::body) {
        sink_ = Sink::target;
        if (std::exchange(awaits_continue_, false))
            client_->write({continue_response});
    }
    bool const websocket = facts_.kind == ExchangeKind::websocket;
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

} // namespace jhub::proxy

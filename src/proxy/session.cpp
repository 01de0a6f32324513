#include "proxy/session.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace jhub::proxy {
namespace {

constexpr int rounds_before_others = 16;
constexpr std::int64_t linger_ms = 2'000;
constexpr std::int64_t idle_while_draining_ms = 5'000;
constexpr std::uint64_t most_lingering_bytes = 4 * 1024 * 1024;

} // namespace

Session::Session(Worker& worker, int descriptor, std::string address, Front const& front, bool counted)
    : worker_(worker), front_(front), address_(std::move(address)),
      client_(std::make_unique<Channel>(descriptor,
                                        front.tls == nullptr ? nullptr : accept_session(*front.tls, descriptor))),
      counted_(counted), trusted_(address_.empty() || worker.facts().rules.trusted_proxies.contain(address_))
{
}

void Session::leave_admission()
{
    if (std::exchange(counted_, false))
        worker_.admission().leave(address_);
}

Session::~Session()
{
    leave_admission();
    drop_target();
    worker_.loop().forget(*this);
    client_->set_owner(nullptr);
    worker_.loop().retire(std::move(client_));
}

void Session::start()
{
    client_->set_owner(this);
    fixed_deadline_ms_ = worker_.loop().now_ms() + worker_.facts().limits.header_timeout.count();
    arm_deadline();
    if (!worker_.loop().watch(client_->descriptor(), *client_))
        close_now();
}

void Session::on_channel(Channel& channel)
{
    if (&channel == target_.get() && target_spoke_first())
        target_lost("spoke or ended before the request");
    pump();
}

// Does everything that can be done now. Re-entry (a connection that fails at once) only asks for another round.
void Session::pump()
{
    if (closed_)
        return;
    if (pumping_) {
        pump_again_ = true;
        return;
    }
    pumping_ = true;
    for (int round = 0;; ++round) {
        pump_again_ = false;
        if (client_->unsent() > 0)
            client_->flush();
        if (target_ != nullptr && target_->unsent() > 0) {
            target_->flush();
            if (target_->unsent() == 0)
                target_moved_ms_ = worker_.loop().now_ms();
        }
        bool moved = step_client();
        moved = (!closed_ && step_target()) || moved;
        if (!closed_)
            check_ends();
        if (closed_ || !(moved || pump_again_))
            break;
        if (round == rounds_before_others) {
            worker_.loop().give_turn(*this);
            break;
        }
    }
    pumping_ = false;
    if (closed_)
        be_buried();
    else
        arm_deadline();
}

bool Session::step_client()
{
    switch (reading_) {
    case Reading::head:
        return read_request_head();
    case Reading::body:
        return read_request_body();
    case Reading::tunnel:
        return step_tunnel_to_target();
    case Reading::linger:
        return linger();
    case Reading::finished:
        return false;
    }
    return false;
}

bool Session::step_target()
{
    switch (answering_) {
    case Answering::head:
        return read_response_head();
    case Answering::body:
        return read_response_body();
    case Answering::tunnel:
        return step_tunnel_to_client();
    default:
        return false;
    }
}

// Bytes that waited, else fresh ones. held keeps the former alive.
Channel::Read Session::client_input(std::string& held)
{
    if (!input_.empty()) {
        held = std::exchange(input_, {});
        return {Channel::Status::ok, held};
    }
    if (!client_->may_read())
        return {Channel::Status::again, {}};
    auto const [status, data] = client_->read(worker_.loop().read_buffer());
    if (status == Channel::Status::ok)
        client_moved_ms_ = worker_.loop().now_ms();
    return {status, data};
}

bool Session::has_lane(std::unique_ptr<SpliceLane>& lane, BodyReader const& body, Channel const& from,
                       Channel const& to)
{
    if (lane != nullptr)
        return true;
    if (body.plain_left() < worth_splicing || from.tls() || to.tls() || !from.may_read() || !to.may_write())
        return false;
    lane = worker_.lanes().take();
    return lane != nullptr;
}

bool Session::splice(std::unique_ptr<SpliceLane>& lane, BodyReader& body, Channel& from, Channel& to,
                     Channel::Status& status)
{
    status = Channel::Status::again;
    if (lane->inside() > 0 && !to.may_write())
        return to.broken();
    auto const before = lane->inside();
    auto const moved = lane->move(from, to, body.plain_left());
    body.skip(moved.taken);
    (&body == &request_body_ ? received_bytes_ : sent_bytes_) += moved.taken;
    status = moved.status;
    bool const progress = moved.taken > 0 || lane->inside() < before;
    if (lane->inside() == 0)
        worker_.lanes().give(std::move(lane));
    return progress || status == Channel::Status::ended || status == Channel::Status::failed;
}

// What follows from a side that has ended, and from a response that is fully sent.
void Session::check_ends()
{
    if (client_->broken()) {
        close_now();
        return;
    }
    bool const exchange =
        answering_ == Answering::connecting || answering_ == Answering::head || answering_ == Answering::body;
    if (exchange && (client_->hung_up() || (client_->peer_finished() && reading_ == Reading::finished))) {
        close_now(); // nobody waits for the answer any more
        return;
    }
    if (answering_ != Answering::finished || reading_ == Reading::linger || upload_goes_on())
        return;
    drop_target();
    if (reading_ == Reading::body && fixed_deadline_ms_ == 0 && worker_.facts().body_ms > 0)
        fixed_deadline_ms_ = worker_.loop().now_ms() + worker_.facts().body_ms; // for what nobody wants any more
    if (reading_ == Reading::finished && !close_after_) {
        next_request();
        return;
    }
    if (close_after_ && client_->unsent() == 0)
        begin_linger();
}

void Session::next_request()
{
    answering_ = Answering::nothing;
    reading_ = Reading::head;
    error_status_ = 0;
    response_status_ = 0;
    interim_count_ = 0;
    auto const patience = worker_.facts().keep_alive_ms; // 0: for ever
    fixed_deadline_ms_ = patience == 0 ? 0 : worker_.loop().now_ms() + patience;
    if (!worker_.keeps_connections())
        limit_idle_time();
    pump_again_ = !input_.empty() || client_->may_read();
}

bool Session::is_idle() const
{
    return reading_ == Reading::head && answering_ == Answering::nothing && !partial_head_ && input_.empty() &&
           client_->unsent() == 0;
}

void Session::end_if_idle()
{
    char byte = 0;
    if (is_idle() && recv(client_->descriptor(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN)
        close_now();
}

void Session::limit_idle_time()
{
    if (!is_idle() || fixed_deadline_ms_ != 0)
        return;
    fixed_deadline_ms_ = worker_.loop().now_ms() + idle_while_draining_ms;
    arm_deadline();
}

// Closing a socket with unread bytes resets it, and the reset may overtake the response: read on for a while.
void Session::begin_linger()
{
    if (reading_ == Reading::finished && input_.empty() && !client_->may_read()) {
        close_now();
        return;
    }
    input_ = {};
    client_->finish_writing();
    reading_ = Reading::linger;
    discard_left_ = most_lingering_bytes;
    fixed_deadline_ms_ = worker_.loop().now_ms() + linger_ms;
    pump_again_ = true;
}

bool Session::linger()
{
    if (!client_->may_read())
        return false;
    auto const [status, data] = client_->read(worker_.loop().read_buffer());
    discard_left_ -= std::min<std::uint64_t>(discard_left_, data.size());
    if (status == Channel::Status::ended || status == Channel::Status::failed || discard_left_ == 0)
        close_now();
    return status == Channel::Status::ok;
}

void Session::close_now()
{
    closed_ = true;
    if (!pumping_)
        be_buried();
}

// It lives on until the end of the round: whatever else is due in it must not find this session any more.
void Session::be_buried()
{
    worker_.loop().timers().clear(*this);
    if (connector_ != nullptr)
        connector_->give_up();
    worker_.bury(*this);
}

} // namespace jhub::proxy

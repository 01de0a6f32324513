// The part of a session after an accepted upgrade: bytes both ways until either side ends.
#include "proxy/session.hpp"

namespace jhub::proxy {
namespace {

constexpr std::uint64_t count_every_bytes = 64 * 1024;

} // namespace

void Session::open_tunnel(http::ResponseHeadView const& head, std::string_view early)
{
    auto& out = worker_.loop().write_buffer();
    out.clear();
    append_switching_response(out, head);
    worker_.counters().requests_proxy[101].add();
    client_->write({out, early});
    reading_ = Reading::tunnel;
    answering_ = Answering::tunnel;
    fixed_deadline_ms_ = 0;
    count_answer();
    touch_route();
    // An idle tunnel should cost little: what the request needed is given back.
    url_ = {};
    request_head_ = {};
    response_input_ = {};
    facts_.host = {};
    request_body_ = {};
}

bool Session::step_tunnel_to_target()
{
    if (client_finished_) {
        if (client_->hung_up())
            close_now();
        return false;
    }
    if (target_->unsent() > 0)
        return false;
    std::string held;
    auto const read = client_input(held);
    if (read.status == Channel::Status::ended) { // it may still listen
        client_finished_ = true;
        client_moved_ms_ = worker_.loop().now_ms();
        target_->finish_writing();
        return true;
    }
    if (read.status == Channel::Status::ok)
        touch_route();
    received_bytes_ += read.data.size();
    return pass_on(read, *target_);
}

bool Session::step_tunnel_to_client()
{
    if (client_->unsent() > 0 || !target_->may_read())
        return false;
    auto const read = target_->read(worker_.loop().read_buffer());
    target_moved_ms_ = worker_.loop().now_ms();
    if (read.status == Channel::Status::ended) {
        drop_target(); // the end of the target ends the client, after its last bytes
        answering_ = Answering::finished;
        close_after_ = true;
        reading_ = Reading::finished;
        return true;
    }
    sent_bytes_ += read.data.size();
    return pass_on(read, *client_);
}

// False when there is nothing to pass on.
bool Session::pass_on(Channel::Read const& read, Channel& to)
{
    if (read.status == Channel::Status::again)
        return false;
    if (read.status == Channel::Status::failed) {
        close_now();
        return true;
    }
    to.write({read.data});
    if (received_bytes_ + sent_bytes_ >= count_every_bytes)
        count_bytes();
    if (to.broken())
        close_now();
    return true;
}

} // namespace jhub::proxy

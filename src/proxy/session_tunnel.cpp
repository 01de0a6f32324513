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
    client_->write({out, early});
    reading_ = Reading::tunnel;
    answering_ = Answering::tunnel;
    fixed_deadline_ms_ = 0;
    worker_.counters().requests_proxy[101].add();
    count_answer();
    touch_route();
    // An idle tunnel should cost little: what the request needed is given back.
    url_ = {};
    request_head_ = {};
    response_input_ = {};
    facts_.host = {};
    request_body_ = {};
}

bool Session::step_tunnel(Channel& from, Channel& to, bool from_client)
{
    if (from_client && client_finished_) {
        if (from.hung_up())
            close_now();
        return false;
    }
    if (to.unsent() > 0)
        return false;
    std::string held;
    Channel::Status status = Channel::Status::again;
    std::string_view data;
    if (from_client) {
        auto const input = client_input(held);
        status = input.status;
        data = input.data;
    } else if (from.may_read()) {
        auto const read = from.read(worker_.loop().read_buffer());
        status = read.status;
        data = read.data;
        target_moved_ms_ = worker_.loop().now_ms();
    }
    switch (status) {
    case Channel::Status::again:
        return false;
    case Channel::Status::ok:
        to.write({data});
        (from_client ? received_bytes_ : sent_bytes_) += data.size();
        if (received_bytes_ + sent_bytes_ >= count_every_bytes)
            count_bytes();
        if (from_client)
            touch_route();
        if (to.broken())
            close_now();
        return true;
    case Channel::Status::failed:
        close_now();
        return true;
    case Channel::Status::ended:
        break;
    }
    if (from_client) { // it may still listen
        client_finished_ = true;
        client_moved_ms_ = worker_.loop().now_ms();
        to.finish_writing();
        return true;
    }
    drop_target(); // the end of the target ends the client, after its last bytes
    answering_ = Answering::finished;
    close_after_ = true;
    reading_ = Reading::finished;
    return true;
}

} // namespace jhub::proxy

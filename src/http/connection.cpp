#include "http/connection.hpp"

#include <array>

#include "base/log.hpp"
#include "base/strings.hpp"
#include "http/stream_writer.hpp"

namespace jhub::http {
namespace {

constexpr std::size_t read_size = 8 * 1024;
constexpr std::size_t buffer_to_keep = 16 * 1024; // an idle connection gives larger buffers back
constexpr std::size_t most_lingering_bytes = 64 * 1024;
constexpr auto never = Connection::Clock::time_point::max();

} // namespace

Connection::Connection(std::shared_ptr<ServerState> state, Socket socket, Peer peer)
    : state_(std::move(state)), socket_(std::move(socket)), peer_(std::move(peer))
{
    state_->add(*this);
}

Connection::~Connection()
{
    if (watch_)
        watch_->stop();
    state_->remove(*this);
}

Task<> Connection::run()
{
    while (co_await serve_one())
        first_request_ = false;
}

void Connection::stop()
{
    if (watch_)
        watch_->announce();
    if (idle_)
        abort();
}

void Connection::abort()
{
    if (watch_)
        watch_->client_left();
    boost::system::error_code ignored;
    socket_.close(ignored);
}

void Connection::expire_if_due(Clock::time_point now)
{
    if (now < deadline_)
        return;
    timed_out_ = true;
    boost::system::error_code ignored;
    socket_.cancel(ignored);
}

// One request and its response; false when the connection is over.
Task<bool> Connection::serve_one()
{
    Request request;
    auto ending = co_await receive_head(request);
    if (ending) {
        co_await refuse(*ending);
        co_return false;
    }
    ResponseContext context{request.method, request.minor_version, false};
    if (auto const refusal = state_->handler.refuse_early(request)) {
        co_await respond(*refusal, context);
        co_await linger();
        co_return false;
    }
    ending = co_await receive_body(request);
    if (ending) {
        co_await refuse(*ending);
        co_return false;
    }

    ++state_->statistics.requests;
    Response const response = co_await ask_handler(std::move(request));
    context.keep_alive = keep_alive_ && !state_->stopping;
    bool const reusable = co_await respond(response, context);
    if (!reusable)
        co_await linger();
    co_return reusable;
}

// One answer for all that handlers throw: a broken request must not take the others with it.
Task<Response> Connection::ask_handler(Request request)
{
    std::string const what = request.method_text + " " + request.path;
    try {
        co_return co_await state_->handler.handle(std::move(request));
    } catch (std::exception const& error) {
        log::error("{}: unexpected failure: {}", printable(what), printable(error.what()));
    } catch (...) {
        log::error("{}: unexpected failure", printable(what));
    }
    co_return plain_refusal(Status::internal_server_error, {});
}

Task<bool> Connection::respond(Response const& response, ResponseContext const& context)
{
    auto prepared = prepare_response(response, context);
    if (!prepared) {
        log::error("A response header holds a character that must not leave; answering 500 instead");
        Response const substitute = plain_refusal(Status::internal_server_error, {});
        co_return co_await respond(substitute, context);
    }
    if (response.stream && prepared->has_body)
        co_return co_await respond_streamed(response.stream, *prepared);
    auto const body = prepared->has_body ? std::string_view(response.body) : std::string_view();
    bool const sent = co_await send(prepared->head, body);
    co_return sent && prepared->keep_alive;
}

Task<bool> Connection::respond_streamed(StreamBody const& stream, PreparedResponse const& prepared)
{
    if (!co_await send(prepared.head))
        co_return false;
    watch_ = std::make_shared<Watch>(socket_);
    watch_client(watch_);
    if (state_->stopping)
        watch_->announce();
    StreamWriter writer(*this, prepared.chunked);
    bool complete = false;
    try {
        co_await stream(writer);
        complete = !writer.failed() && !watch_->left;
    } catch (std::exception const& error) {
        log::error("A streamed response failed: {}", printable(error.what()));
    }
    watch_->stop();
    watch_.reset();
    if (complete && prepared.chunked)
        complete = co_await send(last_chunk);
    if (!complete)
        abort(); // without its last chunk the client sees that the body was cut
    co_return complete&& prepared.keep_alive && !state_->stopping;
}

Task<> Connection::refuse(Ending ending)
{
    if (!ending.status)
        co_return;
    ++(*ending.status == Status::request_timeout ? state_->statistics.timeouts : state_->statistics.malformed);
    log::debug("{} refused with {}: {}", peer_.address, to_int(*ending.status), ending.reason);
    Response const response = plain_refusal(*ending.status, ending.reason);
    ResponseContext const context{Method::other, 1, false};
    co_await respond(response, context);
    co_await linger();
}

// Closing with unread bytes would reset the connection and could destroy the response on its way. So the rest is read
// away, for a while.
Task<> Connection::linger()
{
    boost::system::error_code error;
    if (!socket_.is_open())
        co_return;
    socket_.shutdown(Socket::shutdown_send, error);
    auto const deadline = Clock::now() + state_->limits.linger;
    std::size_t read = pending().size();
    while (read < most_lingering_bytes && !error) {
        consumed_ = input_.size();
        if (co_await receive(deadline) != Received::something)
            co_return;
        read += pending().size();
    }
}

Task<Connection::Received> Connection::receive(Clock::time_point deadline)
{
    input_.erase(0, consumed_);
    consumed_ = 0;
    auto const filled = input_.size();
    if (filled == 0 && input_.capacity() > buffer_to_keep)
        input_ = {};
    input_.resize(filled + read_size);
    timed_out_ = false;
    deadline_ = deadline;
    boost::system::error_code error;
    auto const size = co_await socket_.async_read_some(asio::buffer(input_.data() + filled, read_size),
                                                       asio::redirect_error(asio::use_awaitable, error));
    deadline_ = never;
    input_.resize(filled + size);
    if (!error)
        co_return Received::something;
    if (timed_out_)
        co_return Received::timed_out;
    co_return error == asio::error::eof ? Received::end : Received::failed;
}

// All of the bytes, in one system call where the socket takes them. The deadline starts anew with each piece taken.
Task<bool> Connection::send(std::string_view first, std::string_view second, std::string_view third)
{
    std::array<asio::const_buffer, 3> buffers{asio::buffer(first), asio::buffer(second), asio::buffer(third)};
    std::size_t left = asio::buffer_size(buffers);
    timed_out_ = false;
    while (left > 0) {
        deadline_ = Clock::now() + state_->limits.write_idle;
        boost::system::error_code error;
        auto sent = co_await socket_.async_write_some(buffers, asio::redirect_error(asio::use_awaitable, error));
        deadline_ = never;
        if (error) {
            abort();
            co_return false;
        }
        left -= sent;
        for (asio::const_buffer& buffer : buffers) {
            auto const part = std::min(sent, buffer.size());
            buffer += part;
            sent -= part;
        }
    }
    co_return true;
}

void Connection::watch_client(std::shared_ptr<Watch> const& watch)
{
    socket_.async_wait(Socket::wait_read, [watch](boost::system::error_code) { watch->look(); });
}

} // namespace jhub::http

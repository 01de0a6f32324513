// One accepted connection of the server: receive head → receive body → handle → respond, again and again. Its run() is
// one coroutine; stop(), abort() and expire_if_due() are called from outside, on the same thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/generic/stream_protocol.hpp>

#include "http/body.hpp"
#include "http/head_parser.hpp"
#include "http/response_head.hpp"
#include "http/server_state.hpp"

namespace jhub::http {

class Connection {
  public:
    using Socket = asio::generic::stream_protocol::socket;
    using Clock = ServerState::Clock;

    Connection(std::shared_ptr<ServerState> state, Socket socket, Peer peer);
    ~Connection();
    Connection(Connection const&) = delete;
    Connection& operator=(Connection const&) = delete;

    Task<> run();

    [[nodiscard]] std::string const& address() const { return peer_.address; }
    void stop();  // ends after the current response, at once when idle
    void abort(); // closes the socket under whatever runs
    void expire_if_due(Clock::time_point now);

  private:
    class StreamWriter;
    friend StreamWriter;
    struct Watch;

    enum class Received { something, end, timed_out, failed };
    // Why no request came out of receiving. Without a status the connection just closes.
    struct Ending {
        std::optional<Status> status;
        std::string_view reason;
    };
    using Progress = std::optional<Ending>; // nothing: go on

    Task<Received> receive(Clock::time_point deadline);
    Task<bool> send(std::string_view first, std::string_view second = {}, std::string_view third = {});
    Task<Progress> receive_head(Request& request);
    Task<Progress> receive_body(Request& request);
    static Ending ending_of_body(Received received);
    Task<Progress> receive_sized_body(std::uint64_t length, std::string& body);
    Task<Progress> receive_chunked_body(std::string& body);
    Task<bool> invite_body();
    Task<bool> serve_one();
    Task<Response> ask_handler(Request request);
    Task<bool> respond(Response const& response, ResponseContext const& context);
    Task<bool> respond_streamed(StreamBody const& stream, PreparedResponse const& prepared);
    Task<> refuse(Ending ending);
    Task<> linger();
    Request to_request();
    void watch_client(std::shared_ptr<Watch> const& watch);

    [[nodiscard]] std::string_view pending() const { return std::string_view(input_).substr(consumed_); }
    void consume(std::size_t bytes) { consumed_ += bytes; }

    std::shared_ptr<ServerState> state_;
    Socket socket_;
    Peer peer_;
    std::string input_; // received bytes; those before consumed_ are done with
    std::size_t consumed_ = 0;
    RequestHeadView head_;            // valid between receive_head() and the next receive()
    BodyFraming framing_;             // of the current request
    bool expects_invitation_ = false; // the client waits for 100 before it sends the body
    bool keep_alive_ = true;
    bool first_request_ = true;
    bool idle_ = true; // between requests: nothing of the next one has arrived
    bool timed_out_ = false;
    Clock::time_point deadline_ = Clock::time_point::max();
    std::shared_ptr<Watch> watch_; // while a body is streamed
};

} // namespace jhub::http

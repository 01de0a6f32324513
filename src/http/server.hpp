// The server of the hub and of the proxy's API: accepts, reads whole requests within limits and deadlines, asks a
// RequestHandler, writes its Response. Knows nothing of routes or users. Everything runs on the thread of one executor.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/async.hpp"
#include "http/headers.hpp"
#include "http/limits.hpp"
#include "http/message.hpp"
#include "http/status.hpp"

namespace jhub::http {

struct Peer {
    std::string address; // "127.0.0.1", "::1"; "unix" for a Unix socket
    std::uint16_t port = 0;
    std::string local_address; // of our end
    std::uint16_t local_port = 0;
    std::uint64_t connection = 0; // no two of a server have the same
};

struct Request {
    Method method = Method::get;
    std::string method_text;
    std::string target;    // raw, origin-form ("*" for OPTIONS *)
    std::string path;      // raw, before "?"
    std::string query;     // raw, after "?"
    std::string authority; // host[:port] asked for
    Headers headers;
    std::string body;
    Peer peer;
    int minor_version = 1;
};

// The sink of a streamed body. Lives as long as the StreamBody that got it runs.
class BodyWriter {
  public:
    virtual ~BodyWriter() = default;
    // Returns when the client's socket has taken the bytes. Errc::unavailable: the client is gone or the server stops;
    // give up then. Errc::timeout: the client took nothing for Limits::write_idle.
    virtual Async<> write(std::string_view chunk) = 0;
    // Also noticed while nothing is written. Ask between long waits.
    [[nodiscard]] virtual bool client_gone() const = 0;
    // Set when the client is gone or the server stops: wait on it instead of sleeping.
    [[nodiscard]] virtual Event& gone() = 0;
};

// Produces a body piece by piece (server-sent events, long lists). A plain function object that returns a coroutine:
// bind a shared_ptr's member function, not a capturing lambda coroutine. An exception cuts the connection.
using StreamBody = std::function<Task<>(BodyWriter&)>;

struct Response {
    Status status = Status::ok;
    std::string reason; // empty: the standard phrase
    Headers headers;    // without Date, Content-Length, Transfer-Encoding, Connection: the server writes those
    std::string body;
    StreamBody stream;  // if set, the body is streamed and `body` ignored
    bool close = false; // end the connection after this response
};

class RequestHandler {
  public:
    virtual ~RequestHandler() = default;
    // Called once per complete request. An exception is logged and answered with 500.
    virtual Task<Response> handle(Request request) = 0;
    // Called when the head is complete and before a byte of the body is read. An answer refuses the request: the body
    // is not read, the connection closed. Request::body is empty here.
    virtual std::optional<Response> refuse_early(Request const& head);
};

// What the server counted since it started; for metrics and tests.
struct ServerStatistics {
    std::size_t open_connections = 0;
    std::uint64_t accepted = 0;
    std::uint64_t requests = 0;
    std::uint64_t refused_connections = 0; // over a connection limit
    std::uint64_t accept_failures = 0;     // out of descriptors or memory
    std::uint64_t malformed = 0;
    std::uint64_t timeouts = 0;
};

// Whether a listener serves its clients at once or lets them wait in the kernel's queue until Server::accept().
enum class Accepting { at_once, when_asked };

class Server {
  public:
    // The handler must stay until drained() has returned, or until the executor's context is gone.
    Server(asio::any_io_executor executor, RequestHandler& handler, Limits limits = {});
    ~Server(); // as stop(), but cuts running connections at once
    Server(Server const&) = delete;
    Server& operator=(Server const&) = delete;

    // address: "" for all interfaces (IPv6 and IPv4), else a numeric address. port 0: any. The port bound.
    [[nodiscard]] Result<std::uint16_t> listen_tcp(std::string const& address, std::uint16_t port,
                                                   Accepting accepting = Accepting::at_once);
    // A stale socket file is replaced, a live one is Errc::conflict. mode: permission bits, such as 0600.
    [[nodiscard]] Result<> listen_unix(std::string const& path, unsigned mode,
                                       Accepting accepting = Accepting::at_once);
    // Serves those who wait at listeners opened with Accepting::when_asked.
    void accept();

    // Graceful: no new connections, idle ones close, running requests are answered with Connection: close, streams see
    // client_gone(). What runs after Limits::stop_grace is cut.
    void stop();
    // After stop(): waits until the last connection is gone; false when patience ran out first.
    Task<bool> drained(std::chrono::milliseconds patience);

    [[nodiscard]] ServerStatistics statistics() const;

  private:
    std::shared_ptr<class ServerState> state_;
};

} // namespace jhub::http

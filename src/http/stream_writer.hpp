// The BodyWriter of one connection, and the watch that notices a client who leaves while nothing is written to it.
#pragma once

#include <sys/socket.h>

#include "http/connection.hpp"

namespace jhub::http {

// Shared with the pending wait on the socket, which may complete after the connection is gone.
struct Connection::Watch {
    explicit Watch(Socket& watched) : socket(&watched) {}

    // The socket became readable: the end of the stream, an error, or bytes of a further request. Bytes hide what comes
    // after them, so then only writing tells.
    void look()
    {
        if (socket == nullptr || !socket->is_open())
            return;
        char byte = 0;
        auto const size = ::recv(socket->native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
        if (size == 0 || (size < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR))
            client_left();
    }

    void client_left()
    {
        left = true;
        gone.set();
    }

    void announce() { gone.set(); } // the server stops

    // No more looking. The pending wait is withdrawn, so that the socket is free for the next request.
    void stop()
    {
        if (socket == nullptr)
            return;
        boost::system::error_code ignored;
        socket->cancel(ignored);
        socket = nullptr;
    }

    Socket* socket;
    bool left = false;
    Event gone;
};

class Connection::StreamWriter final : public BodyWriter {
  public:
    StreamWriter(Connection& connection, bool chunked)
        : connection_(connection), watch_(connection.watch_), chunked_(chunked)
    {
    }

    Async<> write(std::string_view chunk) override;
    [[nodiscard]] bool client_gone() const override { return watch_->gone.is_set(); }
    [[nodiscard]] Event& gone() override { return watch_->gone; }
    [[nodiscard]] bool failed() const { return failed_; }

  private:
    Connection& connection_;
    std::shared_ptr<Watch> watch_;
    bool chunked_;
    bool failed_ = false;
};

} // namespace jhub::http

// A real server on a loopback port and raw clients, all in one io_context and without threads: whoever waits runs the
// context. Every wait ends after a patience that only a failing test reaches.
#pragma once

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include "http/body.hpp"
#include "http/server.hpp"

namespace jhub::http {

using namespace std::chrono_literals;

// Answers by a function of the test.
class ScriptedHandler : public RequestHandler {
  public:
    std::function<Response(Request)> answer;
    bool holds = false; // answers come only after release
    Event release;
    std::function<std::optional<Response>(Request const&)> early;
    std::vector<std::string> seen; // "METHOD path body"

    Task<Response> handle(Request request) override
    {
        seen.push_back(request.method_text + " " + request.target + " " + request.body);
        if (holds)
            co_await release.wait(5s);
        if (answer)
            co_return answer(std::move(request));
        Response response;
        response.headers.add("Content-Type", "text/plain");
        response.body = seen.back();
        co_return response;
    }

    std::optional<Response> refuse_early(Request const& head) override { return early ? early(head) : std::nullopt; }
};

class Pump {
  public:
    explicit Pump(asio::io_context& context) : context_(context) {}

    // Runs the context until the condition holds; false when the patience ran out first.
    template <typename Condition> bool until(Condition condition, std::chrono::milliseconds patience = 3000ms)
    {
        auto const end = std::chrono::steady_clock::now() + patience;
        while (!condition()) {
            if (std::chrono::steady_clock::now() > end)
                return false;
            context_.restart();
            context_.run_one_for(2ms);
        }
        return true;
    }

    // The result of a coroutine.
    template <typename T> T result_of(Task<T> task)
    {
        std::optional<T> result;
        asio::co_spawn(context_, std::move(task), [&result](std::exception_ptr error, T value) {
            if (error)
                std::rethrow_exception(error);
            result.emplace(std::move(value));
        });
        EXPECT_TRUE(until([&result] { return result.has_value(); }, 10s));
        return std::move(result).value();
    }

  private:
    asio::io_context& context_;
};

// A client that sends any bytes.
class RawClient {
  public:
    RawClient(asio::io_context& context, std::uint16_t port) : pump_(context)
    {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        open(AF_INET, reinterpret_cast<sockaddr*>(&address), sizeof address);
    }
    RawClient(asio::io_context& context, std::string const& path) : pump_(context)
    {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        open(AF_UNIX, reinterpret_cast<sockaddr*>(&address), sizeof address);
    }
    ~RawClient() { close(); }
    RawClient(RawClient const&) = delete;
    RawClient& operator=(RawClient const&) = delete;

    void close()
    {
        if (fd_ >= 0)
            ::close(std::exchange(fd_, -1));
    }

    bool send(std::string_view text)
    {
        return pump_.until([&] {
            auto const size = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
            if (size > 0)
                text.remove_prefix(static_cast<std::size_t>(size));
            return text.empty() || (size < 0 && errno != EAGAIN);
        }) && text.empty();
    }

    // The bytes of one whole response, as its framing tells; what follows stays for the next call. Empty on failure.
    std::string response(Method method = Method::get)
    {
        std::size_t size = 0;
        pump_.until([&] {
            receive();
            size = complete_size(method);
            return size != 0 || ended_;
        });
        if (size == 0)
            return {};
        auto text = received_.substr(0, size);
        received_.erase(0, size);
        return text;
    }

    // Whether at least that many bytes wait to be read.
    bool has(std::size_t bytes, std::chrono::milliseconds patience = 3000ms)
    {
        return pump_.until(
            [&] {
                receive();
                return received_.size() >= bytes;
            },
            patience);
    }

    // Whether the server ended the connection.
    bool closed(std::chrono::milliseconds patience = 3000ms)
    {
        return pump_.until(
            [&] {
                receive();
                return ended_;
            },
            patience);
    }

    std::string take() { return std::exchange(received_, {}); }
    [[nodiscard]] int descriptor() const { return fd_; }

  private:
    void open(int family, sockaddr const* address, socklen_t size)
    {
        fd_ = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        EXPECT_EQ(::connect(fd_, address, size), 0) << std::strerror(errno);
        ::fcntl(fd_, F_SETFL, O_NONBLOCK);
    }

    void receive()
    {
        std::array<char, 16 * 1024> bytes;
        auto const size = ::recv(fd_, bytes.data(), bytes.size(), 0);
        if (size > 0)
            received_.append(bytes.data(), static_cast<std::size_t>(size));
        else if (size == 0 || errno != EAGAIN)
            ended_ = true;
    }

    [[nodiscard]] std::size_t complete_size(Method method) const
    {
        ResponseHeadView head;
        auto const outcome = parse_response_head(received_, {}, head);
        EXPECT_FALSE(outcome.failed()) << outcome.reason << "\n" << received_;
        if (!outcome.done())
            return 0;
        auto const framing = response_framing(head, method);
        std::string_view rest = std::string_view(received_).substr(outcome.used);
        if (framing.kind == Framing::chunked) {
            ChunkedDecoder decoder;
            auto const all = rest.size();
            while (!rest.empty() && !decoder.done() && !decoder.failed())
                rest.remove_prefix(decoder.feed(rest).used);
            return decoder.done() ? outcome.used + all - rest.size() : 0;
        }
        if (framing.kind == Framing::until_close)
            return ended_ ? received_.size() : 0;
        return rest.size() >= framing.length ? outcome.used + framing.length : 0;
    }

    Pump pump_;
    int fd_ = -1;
    std::string received_;
    bool ended_ = false;
};

// Tests start the server with the limits they are about.
class LoopbackServer : public testing::Test {
  protected:
    void start(Limits limits = {})
    {
        server.emplace(context.get_executor(), handler, limits);
        auto const bound = server->listen_tcp("127.0.0.1", 0);
        ASSERT_TRUE(bound) << bound.error().message;
        port = *bound;
    }

    // One exchange on a connection of its own: the response, or "" when there was none.
    std::string ask(std::string_view request, Method method = Method::get)
    {
        RawClient client(context, port);
        client.send(request);
        return client.response(method);
    }

    ScriptedHandler handler; // outlives the context, whose end destroys the coroutines that wait in it
    asio::io_context context;
    Pump pump{context};
    std::optional<Server> server;
    std::uint16_t port = 0;
};

inline int status_of(std::string const& response)
{
    auto const parsed = parse_response_head(response, {});
    return parsed.done() ? parsed.head.status : 0;
}

inline std::string header_of(std::string const& response, std::string_view name)
{
    auto const parsed = parse_response_head(response, {});
    return std::string(parsed.head.headers.get(name).value_or("(none)"));
}

inline std::string body_of(std::string const& response)
{
    return response.substr(std::min(response.size(), response.find("\r\n\r\n") + 4));
}

} // namespace jhub::http

// The client against the server, and against peers that misbehave. One io_context, no threads.
#include <sys/stat.h>

#include <boost/asio/ip/tcp.hpp>

#include "http/client.hpp"
#include "loopback.hpp"

namespace jhub::http {
namespace {

using namespace std::string_literals;

class HttpClient : public LoopbackServer {
  protected:
    void SetUp() override
    {
        start();
        base = "http://127.0.0.1:" + std::to_string(port);
    }

    Result<ClientResponse> send(ClientRequest request) { return pump.result_of(client.send(std::move(request))); }

    std::string base;
    Client client{context.get_executor()};
};

// A peer that accepts one connection, answers the first bytes with a fixed text, and maybe closes.
class FixedPeer {
  public:
    FixedPeer(asio::io_context& context, std::string text, bool close)
        : acceptor_(context, {asio::ip::address_v4::loopback(), 0}), text_(std::move(text)), close_(close)
    {
        asio::co_spawn(context, run(), asio::detached);
    }
    [[nodiscard]] std::string url() const
    {
        return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) + "/";
    }

  private:
    Task<> run()
    {
        boost::system::error_code error;
        auto token = asio::redirect_error(asio::use_awaitable, error);
        socket_.emplace(co_await acceptor_.async_accept(token));
        std::array<char, 4096> bytes;
        co_await socket_->async_read_some(asio::buffer(bytes), token);
        co_await asio::async_write(*socket_, asio::buffer(text_), token);
        if (close_)
            socket_->close(error);
    }

    asio::ip::tcp::acceptor acceptor_;
    std::string text_;
    bool close_;
    std::optional<asio::ip::tcp::socket> socket_;
};

TEST_F(HttpClient, sends_method_headers_and_body_and_reads_the_answer)
{
    Request got;
    handler.answer = [&got](Request request) {
        got = std::move(request);
        Response response;
        response.status = Status::created;
        response.headers = {{"X-A", "1"}, {"X-A", "2"}};
        response.body = "done";
        return response;
    };
    auto const response =
        send({.method = "PATCH", .url = base + "/a/../b?c=d", .headers = {{"X-Empty", ""}, {"A", "b"}}, .body = "{}"});
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->status, 201);
    EXPECT_EQ(response->body, "done");
    EXPECT_EQ(response->headers.all("x-a"), (std::vector<std::string_view>{"1", "2"}));
    EXPECT_EQ(got.method, Method::patch);
    EXPECT_EQ(got.target, "/a/../b?c=d") << "paths go out as they are";
    EXPECT_EQ(got.body, "{}");
    EXPECT_EQ(got.headers.get("A"), "b");
    EXPECT_EQ(got.headers.get("X-Empty"), "");
    EXPECT_FALSE(got.headers.has("Content-Type")) << "nothing is sent that was not asked for";
    EXPECT_FALSE(got.headers.has("Expect"));
}

TEST_F(HttpClient, sends_every_method_with_and_without_a_body)
{
    for (auto const method : {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
        for (auto const body : {"", "some"}) {
            auto const response = send({.method = method, .url = base + "/m", .body = body});
            ASSERT_TRUE(response) << method << response.error().message;
            EXPECT_EQ(response->body, method + " /m "s + body);
        }
    auto const head = send({.method = "HEAD", .url = base + "/m"});
    ASSERT_TRUE(head);
    EXPECT_EQ(head->headers.get("Content-Length"), "8");
    EXPECT_EQ(head->body, "");
}

TEST_F(HttpClient, reuses_its_connection_unless_told_not_to)
{
    for (int i = 0; i < 3; ++i)
        ASSERT_TRUE(send({.url = base + "/"}));
    EXPECT_EQ(server->statistics().accepted, 1U);
    ASSERT_TRUE(send({.url = base + "/", .reuse_connection = false}));
    EXPECT_EQ(server->statistics().accepted, 2U);
}

TEST_F(HttpClient, carries_many_calls_at_once)
{
    handler.holds = true;
    std::size_t answered = 0;
    for (int i = 0; i < 20; ++i) {
        ClientRequest request{.url = base + "/" + std::to_string(i)};
        asio::co_spawn(
            context, client.send(std::move(request)),
            [&answered](std::exception_ptr, Result<ClientResponse> response) { answered += response ? 1 : 0; });
    }
    ASSERT_TRUE(pump.until([this] { return handler.seen.size() == 20; }));
    handler.release.set();
    EXPECT_TRUE(pump.until([&answered] { return answered == 20; }));
}

TEST_F(HttpClient, tells_a_refused_connection_from_a_late_answer)
{
    handler.holds = true;
    auto const late = send({.url = base + "/secret?token=abc", .timeout = 60ms});
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, Errc::timeout);
    EXPECT_EQ(late.error().message.find("abc"), std::string::npos) << "queries may carry secrets";
    handler.release.set();

    server->stop();
    auto const refused = send({.url = base + "/", .reuse_connection = false});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::unavailable);
}

TEST_F(HttpClient, refuses_too_large_bodies_and_heads)
{
    handler.answer = [](Request request) {
        Response response;
        if (request.path == "/body")
            response.body = std::string(101, 'x');
        else
            for (int i = 0; i < 150; ++i)
                response.headers.add("X-" + std::to_string(i), std::string(600, 'y'));
        return response;
    };
    EXPECT_TRUE(send({.url = base + "/body", .max_body = 101}));
    auto const body = send({.url = base + "/body", .max_body = 100});
    ASSERT_FALSE(body);
    EXPECT_EQ(body.error().code, Errc::too_large);
    auto const head = send({.url = base + "/head"});
    ASSERT_FALSE(head);
    EXPECT_EQ(head.error().code, Errc::too_large);
}

TEST_F(HttpClient, follows_redirects_only_when_asked)
{
    handler.answer = [](Request request) {
        Response response;
        response.body = request.path;
        if (request.path == "/from") {
            response.status = Status::found;
            response.headers = {{"Location", "/to"}, {"X-First", "1"}};
        }
        return response;
    };
    auto const stayed = send({.url = base + "/from"});
    ASSERT_TRUE(stayed);
    EXPECT_EQ(stayed->status, 302);
    auto const went = send({.url = base + "/from", .follow_redirects = true});
    ASSERT_TRUE(went);
    EXPECT_EQ(went->body, "/to");
    EXPECT_FALSE(went->headers.has("X-First"));
}

TEST_F(HttpClient, never_leaves_http_by_a_redirect)
{
    handler.answer = [](Request) {
        Response response;
        response.status = Status::found;
        response.headers = {{"Location", "file:///etc/passwd"}};
        return response;
    };
    EXPECT_FALSE(send({.url = base + "/", .follow_redirects = true}));
    auto const file = send({.url = "file:///etc/passwd"});
    ASSERT_FALSE(file);
    EXPECT_EQ(file.error().code, Errc::invalid_argument);
}

TEST_F(HttpClient, refuses_to_send_what_could_split_its_request)
{
    for (auto const& request : std::vector<ClientRequest>{{.url = base, .headers = {{"A", "b\r\nC: d"}}},
                                                          {.url = base, .headers = {{"A\r\nB", "c"}}},
                                                          {.method = "GET /x HTTP/1.1\r\n", .url = base},
                                                          {.url = "not a url"}}) {
        auto const response = send(request);
        ASSERT_FALSE(response);
        EXPECT_EQ(response.error().code, Errc::invalid_argument);
    }
    EXPECT_TRUE(handler.seen.empty());
}

TEST_F(HttpClient, speaks_through_a_unix_socket)
{
    auto const path = testing::TempDir() + "http_client_test.sock";
    ::unlink(path.c_str());
    ASSERT_TRUE(server->listen_unix(path, 0600));
    auto const response = send({.url = "http://localhost/x", .unix_socket = path});
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->body, "GET /x ");
    EXPECT_FALSE(send({.url = "http://localhost/x", .unix_socket = path + ".missing"}));
}

TEST_F(HttpClient, reports_peers_that_lie_or_cut)
{
    FixedPeer cut(context, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", true);
    auto const half = send({.url = cut.url()});
    ASSERT_FALSE(half);
    EXPECT_EQ(half.error().code, Errc::unavailable);

    FixedPeer silent(context, "", true);
    auto const nothing = send({.url = silent.url()});
    ASSERT_FALSE(nothing);
    EXPECT_EQ(nothing.error().code, Errc::unavailable);

    FixedPeer stalled(context, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", false);
    auto const stall = send({.url = stalled.url(), .timeout = 60ms});
    ASSERT_FALSE(stall);
    EXPECT_EQ(stall.error().code, Errc::timeout);

    FixedPeer tls(context, "not tls at all", true);
    auto const no_tls = send({.url = "https" + tls.url().substr(4)});
    ASSERT_FALSE(no_tls);
    EXPECT_EQ(no_tls.error().code, Errc::unavailable);
}

TEST_F(HttpClient, survives_an_unknown_host)
{
    auto const response = send({.url = "http://name.invalid/"});
    ASSERT_FALSE(response);
    EXPECT_TRUE(response.error().code == Errc::unavailable || response.error().code == Errc::timeout);
}

TEST_F(HttpClient, ends_running_calls_when_it_is_destroyed)
{
    handler.holds = true;
    auto mortal = std::make_unique<Client>(context.get_executor());
    std::optional<Result<ClientResponse>> outcome;
    ClientRequest request{.url = base + "/"};
    asio::co_spawn(context, mortal->send(std::move(request)),
                   [&outcome](std::exception_ptr, Result<ClientResponse> response) { outcome = std::move(response); });
    ASSERT_TRUE(pump.until([this] { return handler.seen.size() == 1; }));
    mortal.reset();
    ASSERT_TRUE(pump.until([&outcome] { return outcome.has_value(); }));
    EXPECT_EQ(outcome->error().code, Errc::unavailable);
    handler.release.set();
}

TEST(HttpClientLifetime, the_context_may_end_before_a_call)
{
    auto context = std::make_unique<asio::io_context>();
    FixedPeer stalled(*context, "HTTP/1.1 200 OK\r\n", false);
    auto client = std::make_unique<Client>(context->get_executor());
    ClientRequest request{.url = stalled.url()};
    asio::co_spawn(*context, client->send(std::move(request)), asio::detached);
    context->run_for(20ms);
    client.reset();
}

} // namespace
} // namespace jhub::http

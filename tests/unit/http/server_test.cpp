// The server as an ordinary client and as an odd one see it: requests in, responses out, connections kept or ended.
#include "loopback.hpp"

namespace jhub::http {
namespace {

using namespace std::string_literals;

class HttpServer : public LoopbackServer {};

TEST_F(HttpServer, answers_and_keeps_the_connection)
{
    start();
    RawClient client(context, port);
    client.send("GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n");
    auto const first = client.response();
    EXPECT_EQ(status_of(first), 200);
    EXPECT_EQ(body_of(first), "GET /a?b=c ");
    EXPECT_EQ(header_of(first, "Content-Length"), "11");
    EXPECT_EQ(header_of(first, "Date").size(), 29U);
    EXPECT_EQ(header_of(first, "Connection"), "(none)");
    client.send("POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello");
    EXPECT_EQ(body_of(client.response()), "POST /b hello");
    EXPECT_EQ(server->statistics().accepted, 1U);
}

TEST_F(HttpServer, tells_the_handler_path_query_authority_and_peer)
{
    start();
    Request got;
    handler.answer = [&got](Request request) {
        got = std::move(request);
        return Response{};
    };
    ask("GET http://hub.test:80/a/%2F?q=1?2 HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(got.target, "/a/%2F?q=1?2");
    EXPECT_EQ(got.path, "/a/%2F");
    EXPECT_EQ(got.query, "q=1?2");
    EXPECT_EQ(got.authority, "hub.test:80");
    EXPECT_EQ(got.peer.address, "127.0.0.1");
    EXPECT_NE(got.peer.port, 0);
}

TEST_F(HttpServer, closes_when_asked_and_speaks_http_1_0)
{
    start();
    RawClient polite(context, port);
    polite.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(header_of(polite.response(), "Connection"), "close");
    EXPECT_TRUE(polite.closed());

    RawClient old(context, port);
    old.send("GET / HTTP/1.0\r\n\r\n");
    EXPECT_EQ(header_of(old.response(), "Connection"), "close");
    EXPECT_TRUE(old.closed());

    RawClient keeping(context, port);
    keeping.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_EQ(header_of(keeping.response(), "Connection"), "keep-alive");
    keeping.send("GET /2 HTTP/1.0\r\n\r\n");
    EXPECT_EQ(body_of(keeping.response()), "GET /2 ");
}

TEST_F(HttpServer, sends_no_body_but_its_length_for_head)
{
    start();
    RawClient client(context, port);
    client.send("HEAD /abc HTTP/1.1\r\nHost: x\r\n\r\nGET /next HTTP/1.1\r\nHost: x\r\n\r\n");
    auto const head = client.response(Method::head);
    EXPECT_EQ(header_of(head, "Content-Length"), "10");
    EXPECT_EQ(body_of(head), "");
    EXPECT_EQ(body_of(client.response()), "GET /next ");
}

TEST_F(HttpServer, sends_neither_body_nor_length_with_204_and_304)
{
    start();
    handler.answer = [](Request request) {
        Response response;
        response.status = request.path == "/204" ? Status::no_content : Status::not_modified;
        response.body = "never";
        return response;
    };
    for (auto const path : {"/204", "/304"}) {
        auto const response = ask("GET "s + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
        EXPECT_EQ(header_of(response, "Content-Length"), "(none)");
        EXPECT_EQ(body_of(response), "");
    }
}

TEST_F(HttpServer, understands_a_request_however_it_is_cut)
{
    start();
    auto const text = "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                      "3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 1\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n"s;
    RawClient dribbling(context, port);
    for (char const c : text)
        ASSERT_TRUE(dribbling.send({&c, 1}) && pump.until([] { return true; }));
    EXPECT_EQ(body_of(dribbling.response()), "POST /a abcde");
    EXPECT_EQ(body_of(dribbling.response()), "GET /b ");

    for (std::size_t cut = 1; cut < text.size(); ++cut) {
        RawClient client(context, port);
        client.send(text.substr(0, cut));
        context.restart();
        context.run_for(1ms);
        client.send(text.substr(cut));
        EXPECT_EQ(body_of(client.response()), "POST /a abcde") << cut;
        EXPECT_EQ(body_of(client.response()), "GET /b ") << cut;
    }
}

TEST_F(HttpServer, answers_pipelined_requests_in_order_until_a_malformed_one)
{
    start();
    std::string text;
    for (int i = 0; i < 20; ++i)
        text += "GET /" + std::to_string(i) + (i == 7 ? " HTTP/1.1\nHost: x\r\n\r\n" : " HTTP/1.1\r\nHost: x\r\n\r\n");
    RawClient client(context, port);
    client.send(text);
    for (int i = 0; i < 7; ++i)
        EXPECT_EQ(body_of(client.response()), "GET /" + std::to_string(i) + " ");
    EXPECT_EQ(status_of(client.response()), 400);
    EXPECT_TRUE(client.closed());
    EXPECT_EQ(client.take(), "");
    EXPECT_EQ(handler.seen.size(), 7U);
}

TEST_F(HttpServer, refuses_malformed_requests_with_a_plain_body_and_closes)
{
    start({.request_line = 100, .header_block = 200, .header_count = 3, .body = 10});
    struct Case {
        std::string text;
        int status;
    };
    for (auto const& [text, status] :
         std::vector<Case>{{"GET / HTTP/1.1\r\n\r\n", 400},
                           {"GET / HTTP/1.1\nHost: x\n\n", 400},
                           {"GET /" + std::string(100, 'a') + " HTTP/1.1\r\n", 414},
                           {"GET / HTTP/1.1\r\nHost: x\r\nA: b\r\nA: b\r\nA: b\r\n\r\n", 431},
                           {"GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(200, 'a'), 431},
                           {"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", 501},
                           {"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", 501},
                           {"GET / HTTP/3.0\r\n\r\n", 505},
                           {"PUT / HTTP/1.1\r\nHost: x\r\nExpect: gold\r\n\r\n", 417},
                           {"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n", 413},
                           {"PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nb\r\nhello world\r\n", 413},
                           {"PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", 400}}) {
        RawClient client(context, port);
        client.send(text);
        auto const response = client.response();
        EXPECT_EQ(status_of(response), status) << text;
        EXPECT_EQ(header_of(response, "Connection"), "close");
        EXPECT_TRUE(body_of(response).starts_with(std::to_string(status))) << response;
        EXPECT_TRUE(client.closed());
    }
    EXPECT_TRUE(handler.seen.empty());
}

TEST_F(HttpServer, invites_a_body_that_waits_for_it)
{
    start();
    RawClient client(context, port);
    client.send("PUT / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    EXPECT_EQ(status_of(client.response()), 100);
    client.send("ok");
    EXPECT_EQ(body_of(client.response()), "PUT / ok");

    client.send("PUT / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nok");
    EXPECT_EQ(status_of(client.response()), 200) << "a body that came along needs no invitation";
}

TEST_F(HttpServer, can_refuse_before_the_body_and_still_deliver_the_answer)
{
    start();
    handler.early = [](Request const&) {
        Response response;
        response.status = Status::forbidden;
        return std::optional(response);
    };
    RawClient waiting(context, port);
    waiting.send("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1000000\r\n\r\n");
    EXPECT_EQ(status_of(waiting.response()), 403);

    RawClient pushing(context, port);
    pushing.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n" + std::string(30'000, 'a'));
    auto const response = pushing.response();
    EXPECT_EQ(status_of(response), 403);
    EXPECT_EQ(header_of(response, "Connection"), "close");
    EXPECT_TRUE(handler.seen.empty());
}

TEST_F(HttpServer, survives_exceptions_of_the_handler)
{
    start();
    handler.answer = [](Request request) {
        if (request.path == "/throw")
            throw std::runtime_error("a bug");
        return Response{};
    };
    RawClient client(context, port);
    client.send("GET /throw HTTP/1.1\r\nHost: x\r\n\r\n");
    auto const response = client.response();
    EXPECT_EQ(status_of(response), 500);
    EXPECT_EQ(response.find("a bug"), std::string::npos);
    EXPECT_EQ(status_of(ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n")), 200);
}

TEST_F(HttpServer, never_sends_a_header_that_splits_the_response)
{
    start();
    handler.answer = [](Request) {
        Response response;
        response.headers.add("Location", "/a\r\nSet-Cookie: a=b");
        return response;
    };
    auto const response = ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(status_of(response), 500);
    EXPECT_EQ(response.find("Set-Cookie"), std::string::npos);
}

TEST_F(HttpServer, writes_framing_headers_itself_and_keeps_the_order_of_the_others)
{
    start();
    handler.answer = [](Request) {
        Response response;
        response.headers = {{"B", "1"}, {"content-length", "999"}, {"A", "2"}, {"Transfer-Encoding", "x"}, {"B", "3"}};
        response.body = "abc";
        return response;
    };
    auto const response = ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    auto const after_date = response.substr(response.find("\r\nB: 1"));
    EXPECT_EQ(after_date, "\r\nB: 1\r\nA: 2\r\nB: 3\r\nContent-Length: 3\r\n\r\nabc");
}

TEST_F(HttpServer, serves_a_unix_socket_with_the_mode_asked_for)
{
    start();
    auto const path = testing::TempDir() + "http_server_test.sock";
    ::unlink(path.c_str());
    ASSERT_TRUE(server->listen_unix(path, 0600));
    struct stat found{};
    ASSERT_EQ(::stat(path.c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777, 0600U);
    {
        RawClient client(context, path);
        client.send("GET /u HTTP/1.1\r\nHost: x\r\n\r\n");
        EXPECT_EQ(body_of(client.response()), "GET /u ");
    }
    auto const again = server->listen_unix(path, 0600);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, Errc::conflict);
    server->stop();
    EXPECT_NE(::stat(path.c_str(), &found), 0) << "the file goes with the listener";
}

TEST_F(HttpServer, replaces_a_stale_socket_file_but_nothing_else)
{
    start();
    auto const path = testing::TempDir() + "http_server_stale.sock";
    ::unlink(path.c_str());
    int const fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ::close(fd);
    EXPECT_TRUE(server->listen_unix(path, 0600));
    EXPECT_FALSE(server->listen_unix("/dev/null", 0600));
    EXPECT_FALSE(server->listen_unix("/" + std::string(200, 'a'), 0600));
}

TEST_F(HttpServer, reports_a_port_that_is_taken)
{
    start();
    auto const again = server->listen_tcp("127.0.0.1", port);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, Errc::conflict);
    EXPECT_NE(again.error().message.find(std::to_string(port)), std::string::npos);
}

TEST_F(HttpServer, serves_those_who_wait_at_a_listener_once_it_is_asked_to)
{
    start();
    auto const held = server->listen_tcp("127.0.0.1", 0, Accepting::when_asked);
    ASSERT_TRUE(held);
    RawClient waiting(context, *held);
    waiting.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(status_of(ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n")), 200);
    EXPECT_EQ(server->statistics().requests, 1U);
    server->accept();
    EXPECT_EQ(status_of(waiting.response()), 200);
    EXPECT_EQ(server->statistics().requests, 2U);
}

TEST_F(HttpServer, listens_on_all_addresses_and_shows_ipv4_peers_as_such)
{
    start();
    std::string peer;
    handler.answer = [&peer](Request request) {
        peer = request.peer.address;
        return Response{};
    };
    auto const everywhere = server->listen_tcp("", 0);
    ASSERT_TRUE(everywhere);
    RawClient client(context, *everywhere);
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(status_of(client.response()), 200);
    EXPECT_EQ(peer, "127.0.0.1");
}

} // namespace
} // namespace jhub::http

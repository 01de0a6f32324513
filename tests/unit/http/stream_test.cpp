// Streamed responses: server-sent events, back-pressure, clients that leave.
#include "loopback.hpp"

namespace jhub::http {
namespace {

using namespace std::string_literals;

auto const get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"s;

class StreamingServer : public LoopbackServer {
  protected:
    void stream(StreamBody body)
    {
        handler.answer = [body](Request) {
            Response response;
            response.stream = body;
            return response;
        };
    }
};

Task<> two_events(BodyWriter& writer)
{
    co_await writer.write("data: 1\n\n");
    co_await writer.write("");
    co_await writer.write("data: 2\n\n");
}

TEST_F(StreamingServer, sends_chunks_and_keeps_the_connection)
{
    start();
    stream(two_events);
    RawClient client(context, port);
    for (int i = 0; i < 2; ++i) {
        client.send(get);
        auto const response = client.response();
        EXPECT_EQ(header_of(response, "Transfer-Encoding"), "chunked");
        EXPECT_EQ(header_of(response, "Content-Length"), "(none)");
        EXPECT_EQ(body_of(response), "9\r\ndata: 1\n\n\r\n9\r\ndata: 2\n\n\r\n0\r\n\r\n");
    }
    client.send(get + get);
    EXPECT_EQ(status_of(client.response()), 200);
    EXPECT_EQ(status_of(client.response()), 200) << "a pipelined request waits behind the stream";
}

TEST_F(StreamingServer, ends_the_body_by_closing_for_http_1_0)
{
    start();
    stream(two_events);
    auto const response = ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_EQ(header_of(response, "Connection"), "close");
    EXPECT_EQ(body_of(response), "data: 1\n\ndata: 2\n\n");
}

TEST_F(StreamingServer, does_not_run_the_stream_for_head)
{
    start();
    int runs = 0;
    stream([&runs](BodyWriter& writer) {
        ++runs;
        return two_events(writer);
    });
    EXPECT_EQ(status_of(ask("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n", Method::head)), 200);
    EXPECT_EQ(runs, 0);
}

// A stream with a memory of what it saw.
struct Recorder {
    Event begin;
    std::size_t written = 0;
    std::optional<Errc> failure;
    bool noticed = false;
    bool finished = false;

    Task<> wait_for_departure(BodyWriter& writer)
    {
        begin.set();
        noticed = co_await writer.gone().wait(5s);
        noticed = noticed && writer.client_gone();
        Result<> const last = co_await writer.write("too late");
        if (!last)
            failure = last.error().code;
        finished = true;
    }

    Task<> write_much(BodyWriter& writer)
    {
        std::string const piece(64 * 1024, 'x');
        while (written < 64 * 1024 * 1024) {
            Result<> const result = co_await writer.write(piece);
            if (!result) {
                failure = result.error().code;
                break;
            }
            written += piece.size();
        }
        finished = true;
    }
};

TEST_F(StreamingServer, notices_a_client_that_leaves_while_nothing_is_written)
{
    start();
    auto const recorder = std::make_shared<Recorder>();
    stream([recorder](BodyWriter& writer) { return recorder->wait_for_departure(writer); });
    RawClient client(context, port);
    client.send(get);
    ASSERT_TRUE(pump.until([&] { return recorder->begin.is_set(); }));
    client.close();
    ASSERT_TRUE(pump.until([&] { return recorder->finished; }));
    EXPECT_TRUE(recorder->noticed);
    EXPECT_EQ(recorder->failure, Errc::unavailable);
    EXPECT_TRUE(pump.until([this] { return server->statistics().open_connections == 0; }));
}

TEST_F(StreamingServer, writes_no_faster_than_the_client_reads)
{
    start();
    auto const recorder = std::make_shared<Recorder>();
    stream([recorder](BodyWriter& writer) { return recorder->write_much(writer); });
    RawClient client(context, port);
    client.send(get);
    context.restart();
    context.run_for(100ms);
    auto const stuck_at = recorder->written;
    EXPECT_LT(stuck_at, 32U * 1024 * 1024);
    context.restart();
    context.run_for(50ms);
    EXPECT_EQ(recorder->written, stuck_at);
    client.has(stuck_at / 2);
    EXPECT_TRUE(pump.until([&] { return recorder->written > stuck_at; })) << "and goes on when the client does";
    client.close();
    EXPECT_TRUE(pump.until([&] { return recorder->finished; }));
    EXPECT_EQ(recorder->failure, Errc::unavailable);
}

TEST_F(StreamingServer, gives_up_on_a_client_that_reads_nothing)
{
    start({.write_idle = 50ms});
    auto const recorder = std::make_shared<Recorder>();
    stream([recorder](BodyWriter& writer) { return recorder->write_much(writer); });
    RawClient client(context, port);
    client.send(get);
    EXPECT_TRUE(pump.until([&] { return recorder->finished; }));
    EXPECT_EQ(recorder->failure, Errc::timeout);
    EXPECT_TRUE(pump.until([this] { return server->statistics().open_connections == 0; }));
}

Task<> break_off(BodyWriter& writer)
{
    co_await writer.write("half");
    throw std::runtime_error("a bug");
}

TEST_F(StreamingServer, leaves_a_failed_stream_visibly_cut)
{
    start();
    stream(break_off);
    RawClient client(context, port);
    client.send(get);
    EXPECT_TRUE(client.closed());
    auto const text = client.take();
    EXPECT_NE(text.find("half"), std::string::npos);
    EXPECT_FALSE(text.ends_with(last_chunk));
}

TEST_F(StreamingServer, wakes_streams_when_it_stops)
{
    start();
    auto const recorder = std::make_shared<Recorder>();
    stream([recorder](BodyWriter& writer) { return recorder->wait_for_departure(writer); });
    RawClient client(context, port);
    client.send(get);
    ASSERT_TRUE(pump.until([&] { return recorder->begin.is_set(); }));
    server->stop();
    EXPECT_TRUE(pump.until([&] { return recorder->finished; }));
    EXPECT_TRUE(client.closed());
    EXPECT_TRUE(pump.result_of(server->drained(3s)));
}

TEST_F(StreamingServer, may_be_destroyed_while_a_stream_runs)
{
    start();
    auto const recorder = std::make_shared<Recorder>();
    stream([recorder](BodyWriter& writer) { return recorder->wait_for_departure(writer); });
    RawClient client(context, port);
    client.send(get);
    ASSERT_TRUE(pump.until([&] { return recorder->begin.is_set(); }));
    server.reset();
    EXPECT_TRUE(pump.until([&] { return recorder->finished; }));
    EXPECT_TRUE(client.closed());
}

} // namespace
} // namespace jhub::http

// A session whose worker the test can hold up, so that several things are due in one round of its loop.
#include "proxy/session.hpp"

#include <future>
#include <thread>

#include <gtest/gtest.h>

#include "base/json.hpp"
#include "base/log.hpp"
#include "loopback.hpp"
#include "proxy/worker.hpp"

namespace jhub::proxy {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using testing::Backend;
using testing::Socket;

constexpr std::string_view simple_request = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
constexpr std::string_view post_request = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"; // not idempotent

class OneWorker {
  public:
    explicit OneWorker(ProxyFacts settings) : facts(std::move(settings))
    {
        log::configure({.level = log::Level::critical}); // failures are what these tests are about
        auto listening = listen_tcp("127.0.0.1", 0, 1);
        port = listening->port;
        EXPECT_TRUE(worker.serve(std::move(listening->sockets[0]), front));
        thread = std::thread([this] { worker.run(); });
    }
    ~OneWorker()
    {
        worker.stop();
        thread.join();
    }
    void route_everything_to(testing::Backend const& target)
    {
        EXPECT_TRUE(table.add("/", Json{{"target", target.url()}}));
    }
    // The worker does nothing for so long: what comes meanwhile, and what falls due, it meets in one round.
    void hold_up(std::chrono::milliseconds time)
    {
        worker.loop().post([until = steady_clock::now() + time] {
            while (steady_clock::now() < until)
                std::this_thread::yield();
        });
    }
    // Returns once the worker waits.
    void hold_up_until(std::shared_future<void> released)
    {
        auto const held = std::make_shared<std::promise<void>>();
        worker.loop().post([held, released = std::move(released)] {
            held->set_value();
            released.wait_for(std::chrono::milliseconds(testing::patience_ms));
        });
        held->get_future().wait();
    }
    // Waits for a number of connections; what there is when patience runs out.
    std::size_t connections_after_waiting_for(std::size_t wanted)
    {
        auto const end = steady_clock::now() + std::chrono::milliseconds(testing::patience_ms);
        while (shared.connections.load() != wanted && steady_clock::now() < end)
            std::this_thread::yield();
        return shared.connections.load();
    }

    ProxyFacts facts;
    RouteTable table{{}};
    Resolver resolver;
    Shared shared{0};
    Front front;
    Worker worker{facts, table.snapshots(), resolver, shared, make_client_context({}, false).value(), 1};
    std::uint16_t port = 0;
    std::thread thread;
};

TEST(Session, a_client_that_leaves_in_the_moment_its_time_is_over_is_buried_once)
{
    ProxyFacts facts;
    facts.limits.header_timeout = 100ms;
    OneWorker one(std::move(facts));
    Socket client = testing::dial(one.port);
    ASSERT_EQ(one.connections_after_waiting_for(1), 1U);
    one.worker.loop().post([&] {
        client.shut();
        auto const past = steady_clock::now() + 300ms; // the head's time and some of the timer wheel's ticks
        while (steady_clock::now() < past)
            std::this_thread::yield();
    });
    EXPECT_EQ(one.connections_after_waiting_for(0), 0U);
    Socket next = testing::dial(one.port);
    EXPECT_EQ(one.connections_after_waiting_for(1), 1U) << "counted as often as it came";
}

TEST(Session, a_target_that_never_answers_is_a_503)
{
    Backend silent([](Socket& stream, int) { stream.rest(); });
    ProxyFacts facts;
    facts.target_timeout_ms = 100;
    OneWorker one(std::move(facts));
    one.route_everything_to(silent);
    Socket client = testing::dial(one.port);
    client.send(simple_request);
    EXPECT_EQ(client.until("\r\n"), "HTTP/1.1 503 Service Unavailable\r\n");
}

TEST(Session, an_answer_that_stops_half_way_is_cut)
{
    Backend stopping([](Socket& stream, int) {
        stream.until("\r\n\r\n");
        stream.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
        stream.rest();
    });
    ProxyFacts facts;
    facts.target_timeout_ms = 100;
    OneWorker one(std::move(facts));
    one.route_everything_to(stopping);
    Socket client = testing::dial(one.port);
    client.send(simple_request);
    EXPECT_EQ(client.until("half").substr(0, 15), "HTTP/1.1 200 OK");
    EXPECT_EQ(client.rest(), "");
    EXPECT_TRUE(client.ended());
    EXPECT_FALSE(client.ended_cleanly());
}

TEST(Session, a_client_that_does_nothing_for_long_is_left)
{
    Backend silent([](Socket& stream, int) { stream.rest(); });
    ProxyFacts facts;
    facts.client_timeout_ms = 100;
    OneWorker one(std::move(facts));
    one.route_everything_to(silent);
    Socket client = testing::dial(one.port);
    client.send(simple_request);
    EXPECT_EQ(client.rest(), "");
    EXPECT_TRUE(client.ended());
}

TEST(Session, the_client_hears_of_a_silent_target_even_if_its_own_time_is_over_too)
{
    Backend silent([](Socket& stream, int) {
        stream.until("\r\n\r\n");
        stream.send("HTTP/1.1 102 Processing\r\n\r\n");
        stream.rest();
    });
    ProxyFacts facts;
    facts.client_timeout_ms = 100;
    facts.target_timeout_ms = 100; // counted from the interim response: later than the client's
    OneWorker one(std::move(facts));
    one.route_everything_to(silent);
    Socket client = testing::dial(one.port);
    client.send(simple_request);
    EXPECT_EQ(client.until("\r\n\r\n"), "HTTP/1.1 102 Processing\r\n\r\n");
    one.hold_up(300ms);
    EXPECT_EQ(client.until("\r\n"), "HTTP/1.1 503 Service Unavailable\r\n");
}

TEST(Session, a_tunnel_whose_client_has_finished_ends_when_nothing_more_comes)
{
    constexpr std::string_view switching =
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    std::promise<void> seen;
    Backend staying([&, done = seen.get_future().share()](Socket& stream, int) {
        stream.until("\r\n\r\n");
        stream.send(switching);
        stream.rest();
        stream.send("last words");
        done.wait_for(std::chrono::milliseconds(testing::patience_ms));
    });
    ProxyFacts facts;
    facts.half_closed_ms = 100;
    OneWorker one(std::move(facts));
    one.route_everything_to(staying);
    Socket client = testing::dial(one.port);
    client.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    EXPECT_EQ(client.until("\r\n\r\n").substr(0, 12), "HTTP/1.1 101");
    client.finish();
    EXPECT_EQ(client.rest(), "last words");
    EXPECT_TRUE(client.ended());
    seen.set_value();
}

// Answers once on its first connection, then says something unasked; each further connection gets "fresh".
struct Unasked {
    explicit Unasked(std::string unasked_words) : words(std::move(unasked_words)) {}
    void speak()
    {
        now.set_value();
        EXPECT_EQ(target.notes(1).size(), 1U);
    }

    std::string words;
    std::promise<void> now;
    Backend target{[this, asked = now.get_future().share()](Socket& stream, int number) {
        stream.until("\r\n\r\n");
        stream.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
        stream.send(number == 1 ? "first" : "fresh");
        if (number == 1) {
            asked.wait_for(std::chrono::milliseconds(testing::patience_ms));
            stream.send(words);
            target.note("spoke");
        }
        stream.rest();
    }};
};

TEST(Session, what_an_idle_connection_says_as_it_is_taken_is_no_answer)
{
    for (std::string_view const request : {simple_request, post_request}) {
        Unasked unasked("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong");
        OneWorker one({});
        one.route_everything_to(unasked.target);
        Socket client = testing::dial(one.port);
        client.send(simple_request);
        EXPECT_TRUE(client.until("first").ends_with("first"));
        std::promise<void> go_on;
        one.hold_up_until(go_on.get_future().share());
        client.send(request); // first in line: the worker takes the connection before it hears of the other's words
        unasked.speak();
        go_on.set_value();
        client.until("\r\n\r\n");
        EXPECT_EQ(client.take(5), "fresh") << request;
    }
}

TEST(Session, a_408_that_crosses_the_request_is_not_passed_on)
{
    constexpr std::string_view late = "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    Backend target([&](Socket& stream, int number) {
        stream.until("\r\n\r\n");
        stream.send(number == 2 ? "HTTP/1.1 204 No Content\r\n\r\n" : "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        stream.until("\r\n\r\n");
        stream.send(late);
    });
    OneWorker one({});
    one.route_everything_to(target);
    Socket client = testing::dial(one.port);
    auto const status_of = [&](std::string_view request) {
        client.send(request);
        return client.until("\r\n\r\n").substr(0, 12);
    };
    EXPECT_EQ(status_of(simple_request), "HTTP/1.1 200");
    EXPECT_EQ(status_of(simple_request), "HTTP/1.1 204") << "asked again on a second connection";
    EXPECT_EQ(status_of(post_request), "HTTP/1.1 408") << "cannot be asked again";
}

} // namespace
} // namespace jhub::proxy

// A session whose worker the test can hold up, so that several things are due in one round of its loop.
#include "proxy/session.hpp"

#include <thread>

#include <gtest/gtest.h>

#include "loopback.hpp"
#include "proxy/worker.hpp"

namespace jhub::proxy {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using testing::Socket;

class OneWorker {
  public:
    explicit OneWorker(ProxyFacts settings) : facts(std::move(settings))
    {
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

} // namespace
} // namespace jhub::proxy

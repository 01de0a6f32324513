// What strangers may use up, each limit met by a real client.
#include <netinet/tcp.h>

#include <filesystem>
#include <fstream>

#include "proxy/overload.hpp"
#include "running_proxy.hpp"

namespace jhub::proxy {
namespace {

using testing::Backend;
using testing::RunningProxy;
using testing::small_proxy;
using testing::Socket;

constexpr std::string_view health_request = "GET /_chp_healthz HTTP/1.1\r\nHost: h\r\n\r\n";

std::string first_line(Socket& client) { return client.until("\r\n"); }

std::string first_line_for(RunningProxy const& proxy, std::string_view request)
{
    Socket client = proxy.client();
    client.send(request);
    return first_line(client);
}

TEST(Limits, connections_above_the_limit_are_told_so_and_the_api_still_answers)
{
    Options options = small_proxy();
    options.max_connections = 1;
    RunningProxy proxy(std::move(options));
    Socket first = proxy.client();
    first.send(health_request);
    EXPECT_EQ(first_line(first), "HTTP/1.1 200 OK\r\n");
    Socket second = proxy.client();
    std::string const refusal = second.rest();
    EXPECT_TRUE(refusal.starts_with("HTTP/1.1 503 Service Unavailable\r\n")) << refusal;
    EXPECT_NE(refusal.find("Retry-After: "), std::string::npos);
    proxy.add("/x", "http://127.0.0.1:1");
}

TEST(Limits, an_address_may_have_so_many_connections_that_have_asked_nothing)
{
    Options options = small_proxy();
    options.max_connections_per_address = 2;
    options.exempt_addresses = "::1";
    options.trusted_proxies = "";
    RunningProxy proxy(std::move(options));
    Socket first = proxy.client();
    Socket second = proxy.client();
    Socket third = proxy.client();
    EXPECT_TRUE(third.rest().starts_with("HTTP/1.1 429 Too Many Requests\r\n"));
    first.send(health_request);
    EXPECT_EQ(first_line(first), "HTTP/1.1 200 OK\r\n");
    EXPECT_EQ(first_line_for(proxy, health_request), "HTTP/1.1 200 OK\r\n") << "the first has asked: it counts no more";
    second.shut();
}

TEST(Limits, loopback_and_trusted_proxies_are_not_counted)
{
    for (bool const trusted : {false, true}) {
        Options options = small_proxy();
        options.max_connections_per_address = 1;
        if (trusted) {
            options.exempt_addresses = "";
            options.trusted_proxies = "127.0.0.1";
        }
        RunningProxy proxy(std::move(options));
        Socket const waiting = proxy.client();
        EXPECT_EQ(first_line_for(proxy, health_request), "HTTP/1.1 200 OK\r\n");
    }
}

TEST(Limits, of_heads_are_those_of_the_options)
{
    Options options = small_proxy();
    options.max_request_line = 60;
    options.max_header_size = 100;
    options.max_headers = 3;
    RunningProxy proxy(std::move(options));
    std::string const end = "\r\n\r\n";
    EXPECT_EQ(first_line_for(proxy, "GET /_chp_healthz HTTP/1.1\r\nHost: h\r\nA: 1\r\nB: 2" + end),
              "HTTP/1.1 200 OK\r\n");
    EXPECT_EQ(first_line_for(proxy, "GET /_chp_healthz HTTP/1.1\r\nHost: h\r\nA: 1\r\nB: 2\r\nC: 3" + end),
              "HTTP/1.1 431 Request Header Fields Too Large\r\n");
    EXPECT_EQ(first_line_for(proxy, "GET /_chp_healthz HTTP/1.1\r\nHost: h\r\nA: " + std::string(100, 'x') + end),
              "HTTP/1.1 431 Request Header Fields Too Large\r\n");
    EXPECT_EQ(first_line_for(proxy, "GET /" + std::string(60, 'x') + " HTTP/1.1\r\nHost: h" + end),
              "HTTP/1.1 414 Request-URI Too Long\r\n");
}

TEST(Limits, a_head_that_does_not_come_in_time_is_a_408_and_an_idle_connection_is_closed)
{
    Options options = small_proxy();
    options.head_timeout_ms = 100;
    options.keep_alive_timeout_ms = 100;
    RunningProxy proxy(std::move(options));
    EXPECT_EQ(first_line_for(proxy, "GET / HTTP/1.1\r\nHo"), "HTTP/1.1 408 Request Timeout\r\n");
    EXPECT_EQ(proxy.client().rest(), "") << "who sends nothing gets nothing";
    Socket idle = proxy.client();
    idle.send(health_request);
    EXPECT_TRUE(idle.rest().starts_with("HTTP/1.1 200 OK\r\n"));
    EXPECT_TRUE(idle.ended_cleanly());
}

TEST(Limits, a_body_that_does_not_come_in_time_ends_the_connection)
{
    Options options = small_proxy();
    options.body_timeout_ms = 200;
    Backend target([](Socket& stream, int) { stream.rest(); });
    RunningProxy const proxy(std::move(options));
    proxy.add("/here", target.url());
    auto const post = [](std::string const& path) {
        return "POST " + path + " HTTP/1.1\r\nHost: h\r\nAuthorization: token secret\r\nContent-Length: 9\r\n\r\n";
    };
    Socket forwarded = proxy.client();
    forwarded.send(post("/here/x"));
    EXPECT_TRUE(forwarded.rest().starts_with("HTTP/1.1 408 "));
    EXPECT_TRUE(forwarded.ended());
    Socket unrouted = proxy.client();
    unrouted.send(post("/nowhere"));
    EXPECT_TRUE(unrouted.rest().starts_with("HTTP/1.1 404 "));
    EXPECT_TRUE(unrouted.ended());
    Socket api = testing::dial(proxy.program.api_port());
    api.send(post("/api/routes/x"));
    EXPECT_TRUE(api.rest().starts_with("HTTP/1.1 408 "));
    EXPECT_TRUE(api.ended());
}

TEST(Limits, an_error_target_that_is_silent_does_not_hold_up_the_error)
{
    Options options = small_proxy();
    Backend silent([](Socket& stream, int) { stream.rest(); });
    options.error_target = silent.url();
    RunningProxy const proxy(std::move(options));
    EXPECT_TRUE(proxy.fetch("/nowhere").starts_with("HTTP/1.1 404 "));
}

TEST(Limits, a_target_that_does_not_accept_in_time_is_a_503)
{
    // With a full queue the kernel leaves further connections without an answer.
    Descriptor const listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
    listen(listener.get(), 0);
    std::uint16_t const port = bound_port(listener.get());
    Socket const filling = testing::dial(port);

    Options options = small_proxy();
    options.connect_timeout_ms = 100;
    RunningProxy proxy(std::move(options));
    proxy.add("/full", "http://127.0.0.1:" + std::to_string(port));
    EXPECT_TRUE(proxy.fetch("/full").starts_with("HTTP/1.1 503 "));
}

TEST(Limits, the_system_looks_for_silent_peers)
{
    Descriptor const one(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    auto const get = [&](int level, int option) {
        int value = -1;
        socklen_t size = sizeof value;
        getsockopt(one.get(), level, option, &value, &size);
        return value;
    };
    sockaddr_storage peer{};
    peer.ss_family = AF_INET;
    set_stream_options(one.get(), peer, 0);
    EXPECT_EQ(get(SOL_SOCKET, SO_KEEPALIVE), 0);
    set_stream_options(one.get(), peer, 42);
    EXPECT_EQ(get(SOL_SOCKET, SO_KEEPALIVE), 1);
    EXPECT_EQ(get(IPPROTO_TCP, TCP_KEEPIDLE), 42);
    EXPECT_EQ(get(IPPROTO_TCP, TCP_KEEPINTVL), 10);
    EXPECT_EQ(get(IPPROTO_TCP, TCP_KEEPCNT), 6);
}

TEST(Overload, steps_follow_the_share_of_the_budget)
{
    EXPECT_EQ(load_of(849, 1000), Load::normal);
    EXPECT_EQ(load_of(850, 1000), Load::no_keep_alive);
    EXPECT_EQ(load_of(920, 1000), Load::no_requests);
    EXPECT_EQ(load_of(970, 1000), Load::no_connections);
    EXPECT_EQ(load_of(5000, 1000), Load::no_connections);
    EXPECT_GT(resident_bytes(), 1024U * 1024);
}

TEST(Overload, the_budget_is_the_lowest_limit_of_the_control_groups)
{
    auto const root = std::filesystem::path(::testing::TempDir()) / ("groups" + std::to_string(getpid()));
    auto const put = [&](std::string const& file, std::string const& text) {
        std::filesystem::create_directories((root / file).parent_path());
        std::ofstream(root / file) << text << '\n';
    };
    EXPECT_EQ(memory_limit_of_control_group(root), 0U) << "a system without any";
    put("proc/self/cgroup", "0::/a.slice/hub.service");
    put("sys/fs/cgroup/a.slice/hub.service/memory.max", "max");
    EXPECT_EQ(memory_limit_of_control_group(root), 0U);
    put("sys/fs/cgroup/a.slice/memory.max", "2000000");
    EXPECT_EQ(memory_limit_of_control_group(root), 2'000'000U) << "of a group above";
    put("sys/fs/cgroup/a.slice/hub.service/memory.max", "1000000");
    EXPECT_EQ(memory_limit_of_control_group(root), 1'000'000U);
    put("proc/self/cgroup", "5:cpu:/\n4:memory:/docker/1");
    put("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712");
    EXPECT_EQ(memory_limit_of_control_group(root), 0U) << "version 1 has no word for none";
    put("sys/fs/cgroup/memory/memory.limit_in_bytes", "3000000");
    EXPECT_EQ(memory_limit_of_control_group(root), 3'000'000U) << "in a container, the mount is the group";
    std::filesystem::remove_all(root);
}

TEST(Overload, the_watch_raises_and_lowers_the_level)
{
    log::configure({.level = log::Level::critical});
    EventLoop loop;
    LoadLevel level = Load::normal;
    std::uint64_t used = 90;
    OverloadWatch watch(loop, level, 100, [&] { return used; });
    watch.start();
    loop.timers().advance(loop.now_ms() + 1'000);
    EXPECT_EQ(level.load(), Load::no_keep_alive);
    used = 10;
    loop.timers().advance(loop.now_ms() + 2'000);
    EXPECT_EQ(level.load(), Load::normal);
}

TEST(Overload, each_step_gives_up_more_but_never_the_api)
{
    Backend target([](Socket& stream, int) {
        while (stream.until("\r\n\r\n").ends_with("\r\n\r\n"))
            stream.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    });
    RunningProxy proxy;
    proxy.add("/", target.url());
    std::string_view const request = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
    Socket kept = proxy.client();
    kept.send(request);
    EXPECT_NE(kept.until("ok").find("Connection: keep-alive"), std::string::npos);

    proxy.program.load() = Load::no_keep_alive;
    kept.send(request);
    EXPECT_NE(kept.rest().find("Connection: close"), std::string::npos) << "served, then closed";

    proxy.program.load() = Load::no_requests;
    EXPECT_EQ(first_line_for(proxy, request), "HTTP/1.1 503 Service Unavailable\r\n");
    EXPECT_EQ(first_line_for(proxy, health_request), "HTTP/1.1 200 OK\r\n");
    proxy.add("/x", target.url());

    proxy.program.load() = Load::no_connections;
    Socket waiting = proxy.client(); // by the kernel
    waiting.send(request);
    proxy.add("/y", target.url());
    proxy.program.load() = Load::normal;
    EXPECT_EQ(first_line(waiting), "HTTP/1.1 200 OK\r\n") << "it was only left waiting";
}

TEST(Limits, forwarded_headers_are_believed_from_near_and_replaced_by_the_truth_from_others)
{
    Backend target([&](Socket& stream, int) {
        target.note(stream.until("\r\n\r\n"));
        stream.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    });
    for (bool const trusted : {true, false}) {
        Options options = small_proxy();
        if (!trusted)
            options.trusted_proxies = "203.0.113.1";
        RunningProxy proxy(std::move(options));
        proxy.add("/", target.url());
        Socket client = proxy.client();
        client.send("GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 198.51.100.7\r\nConnection: close\r\n\r\n");
        client.rest();
    }
    auto const heads = target.notes(2);
    EXPECT_NE(heads.at(0).find("x-forwarded-for: 198.51.100.7,127.0.0.1\r\n"), std::string::npos) << heads[0];
    EXPECT_NE(heads.at(1).find("x-forwarded-for: 127.0.0.1\r\n"), std::string::npos) << heads[1];
}

} // namespace
} // namespace jhub::proxy

// The metrics page after real requests.
#include "running_proxy.hpp"

namespace jhub::proxy {
namespace {

using testing::Backend;
using testing::RunningProxy;
using testing::small_proxy;
using testing::Socket;

Options with_metrics()
{
    Options options = small_proxy();
    options.metrics_ip = "127.0.0.1";
    options.metrics_port = 0;
    return options;
}

std::string metrics_of(RunningProxy const& proxy)
{
    Socket client = testing::dial(proxy.program.metrics_port());
    client.send("GET /metrics HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    return client.rest();
}

bool has_line(std::string const& page, std::string const& line)
{
    return page.find("\n" + line + "\n") != std::string::npos;
}

TEST(Metrics, have_the_names_of_the_npm_program)
{
    RunningProxy proxy(with_metrics());
    std::string const page = metrics_of(proxy);
    for (auto const* name :
         {"api_route_get", "api_route_add", "api_route_delete", "find_target_for_req", "requests_ws", "requests_web",
          "requests_proxy", "requests_api", "last_activity_updating", "process_cpu_user_seconds_total",
          "process_cpu_system_seconds_total", "process_cpu_seconds_total", "process_start_time_seconds",
          "process_resident_memory_bytes", "process_virtual_memory_bytes", "process_open_fds", "process_max_fds"})
        EXPECT_NE(page.find(std::string("# TYPE ") + name + " "), std::string::npos) << name;
}

TEST(Metrics, tell_requests_and_bytes_of_each_route)
{
    Backend target([](Socket& stream, int) {
        while (stream.until("\r\n\r\n").ends_with("\r\n\r\n")) {
            stream.take(5);
            stream.send("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nanswers");
        }
    });
    RunningProxy proxy(with_metrics());
    proxy.add("/a", target.url());
    proxy.add("/idle", target.url());
    for (int i = 0; i < 3; ++i) {
        Socket client = proxy.client();
        client.send("POST /a/x HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello");
        EXPECT_TRUE(client.rest().ends_with("answers"));
    }
    std::string const page = metrics_of(proxy);
    EXPECT_TRUE(has_line(page, "route_request_duration_seconds_count{route=\"/a\"} 3")) << page;
    EXPECT_TRUE(has_line(page, "route_received_bytes{route=\"/a\"} 15")) << page;
    EXPECT_TRUE(has_line(page, "route_sent_bytes{route=\"/a\"} 21")) << page;
    EXPECT_EQ(page.find("/idle"), std::string::npos);
}

TEST(Metrics, tell_the_bytes_of_a_websocket_once_it_has_ended)
{
    Backend target([](Socket& stream, int) {
        stream.until("\r\n\r\n");
        stream.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
        stream.until("ping");
        stream.send("pong!");
    });
    RunningProxy proxy(with_metrics());
    proxy.add("/w", target.url());
    Socket client = proxy.client();
    client.send("GET /w HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    client.until("\r\n\r\n");
    client.send("ping");
    EXPECT_EQ(client.rest(), "pong!");
    std::string const page = metrics_of(proxy);
    EXPECT_TRUE(has_line(page, "route_received_bytes{route=\"/w\"} 4")) << page;
    EXPECT_TRUE(has_line(page, "route_sent_bytes{route=\"/w\"} 5")) << page;
}

TEST(Metrics, name_only_so_many_routes_the_busiest_first)
{
    Backend target([](Socket& stream, int) {
        while (stream.until("\r\n\r\n").ends_with("\r\n\r\n"))
            stream.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    });
    for (std::uint64_t const most : {0, 1}) {
        Options options = with_metrics();
        options.metrics_routes = most;
        RunningProxy proxy(std::move(options));
        for (auto const* path : {"/a", "/b"})
            proxy.add(path, target.url());
        for (auto const* path : {"/a", "/b", "/b"})
            EXPECT_TRUE(proxy.fetch(path).ends_with("ok"));
        std::string const page = metrics_of(proxy);
        EXPECT_EQ(page.find("{route=\"/a\"}"), std::string::npos) << page;
        EXPECT_EQ(page.find("{route=\"/b\"}") != std::string::npos, most == 1) << page;
    }
}

} // namespace
} // namespace jhub::proxy

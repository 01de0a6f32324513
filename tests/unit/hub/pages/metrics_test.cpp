// What Prometheus reads (reference services.md §8, http-pages.md §7).
#include "hub/dispatch/handler_names.hpp"
#include "hub/support/test_hub.hpp"

namespace jhub::hub {
namespace {

class MetricsPage : public TestHub {
  protected:
    std::string text()
    {
        if (!find_user("root"))
            add_user("root", true);
        return with_token("root").get("/hub/metrics").body;
    }
    // The value of a series, written as in the text; "(none)" when it is not there.
    std::string value(std::string const& series)
    {
        std::string const all = "\n" + text();
        auto const at = all.find("\n" + series + " ");
        if (at == std::string::npos)
            return "(none)";
        auto const from = at + series.size() + 2;
        return all.substr(from, all.find('\n', from) - from);
    }
};

TEST_F(MetricsPage, needs_its_scope_unless_it_is_open)
{
    add_user("ada");
    for (std::string const path : {"/hub/metrics", "/hub/api/metrics"}) {
        EXPECT_EQ(browser().get(path).status, 403);
        EXPECT_EQ(browser().get(path).header("Content-Type"), "text/html");
        EXPECT_EQ(with_token("ada").get(path).status, 403);
    }
    grant("ada", "reader", {"read:metrics"});
    EXPECT_EQ(with_token("ada").get("/hub/metrics").header("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
    kill_hub();
    settings.hub.authenticate_prometheus = false;
    EXPECT_EQ(browser().get("/hub/metrics").status, 200);
}

TEST_F(MetricsPage, counts_people_and_servers)
{
    add_user("ada");
    start_server("ada");
    EXPECT_EQ(value("jupyterhub_total_users"), "2");
    EXPECT_EQ(value("jupyterhub_running_servers"), "1");
    EXPECT_EQ(value("jupyterhub_active_users{period=\"24h\"}"), "1") << "the start counts as activity";
    clock.advance(std::chrono::hours(25));
    EXPECT_EQ(value("jupyterhub_active_users{period=\"24h\"}"), "0");
    EXPECT_EQ(value("jupyterhub_active_users{period=\"7d\"}"), "1");
}

TEST_F(MetricsPage, series_with_known_labels_are_there_from_the_start)
{
    for (std::string const series :
         {"server_spawn_duration_seconds_count{status=\"throttled\"}", "server_stop_seconds_count{status=\"failure\"}",
          "server_poll_duration_seconds_count{status=\"ServerPollStatus.running\"}",
          "proxy_delete_duration_seconds_count{status=\"success\"}", "event_loop_interval_seconds_count"})
        EXPECT_EQ(value("jupyterhub_" + series), "0") << series;
}

// The table of reference services.md §8, as type and name; what this hub adds stands at the end.
TEST_F(MetricsPage, has_every_name_that_dashboards_read_from_the_start)
{
    std::string const all = text();
    for (std::string const family :
         {"histogram request_duration_seconds", "histogram server_spawn_duration_seconds", "gauge running_servers",
          "gauge total_users", "gauge active_users", "histogram check_routes_duration_seconds",
          "histogram hub_startup_duration_seconds", "histogram init_spawners_duration_seconds",
          "histogram proxy_poll_duration_seconds", "histogram proxy_add_duration_seconds",
          "histogram proxy_delete_duration_seconds", "histogram server_poll_duration_seconds",
          "histogram server_stop_seconds", "histogram event_loop_interval_seconds",
          "histogram database_operation_seconds", "gauge server_starts"}) {
        auto const blank = family.find(' ');
        auto const line = "# TYPE jupyterhub_" + family.substr(blank + 1) + " " + family.substr(0, blank) + "\n";
        EXPECT_TRUE(all.find(line) != std::string::npos || family.contains("request_duration")) << line;
    }
    EXPECT_TRUE(text().contains("# TYPE jupyterhub_request_duration_seconds histogram\n")) << "with the first request";
    std::vector<std::string> series;
    for (auto const* const status : {"success", "failure", "already-pending", "throttled", "too-many-users"})
        series.push_back(std::string("server_spawn_duration_seconds_count{status=\"") + status + "\"}");
    for (auto const* const name :
         {"proxy_add_duration_seconds", "proxy_delete_duration_seconds", "server_stop_seconds"})
        for (auto const* const status : {"success", "failure"})
            series.push_back(std::string(name) + "_count{status=\"" + status + "\"}");
    for (auto const* const status : {"running", "stopped"})
        series.push_back(std::string("server_poll_duration_seconds_count{status=\"ServerPollStatus.") + status + "\"}");
    for (auto const* const state : {"waiting", "running"})
        series.push_back(std::string("server_starts{state=\"") + state + "\"}");
    for (auto const& name : series)
        EXPECT_EQ(value("jupyterhub_" + name), "0") << name;
    for (auto const* const period : {"24h", "7d", "30d"})
        EXPECT_NE(value(std::string("jupyterhub_active_users{period=\"") + period + "\"}"), "(none)") << period;
}

TEST_F(MetricsPage, starts_in_the_queue_are_counted)
{
    settings.hub.concurrent_spawn_limit = 1;
    spawner.next_start(Scripted::never_started);
    for (auto const* const name : {"ada", "bob"})
        (void)hub().launcher.start({.user = add_user(name), .user_options = {}, .when_busy = WhenBusy::queue});
    EXPECT_TRUE(until([&] { return hub().launcher.waiting_starts() == 1 && spawner.starts() == 1; }));
    EXPECT_EQ(value("jupyterhub_server_starts{state=\"waiting\"}"), "1");
    EXPECT_EQ(value("jupyterhub_server_starts{state=\"running\"}"), "1");
}

TEST_F(MetricsPage, a_start_and_a_stop_are_timed)
{
    add_user("ada");
    start_server("ada");
    EXPECT_EQ(value("jupyterhub_server_spawn_duration_seconds_count{status=\"success\"}"), "1");
    EXPECT_EQ(value("jupyterhub_proxy_add_duration_seconds_count{status=\"success\"}"), "1");
    EXPECT_EQ(with_token("root").delete_("/hub/api/users/ada/server").status, 204);
    EXPECT_EQ(value("jupyterhub_server_stop_seconds_count{status=\"success\"}"), "1");
    EXPECT_EQ(value("jupyterhub_running_servers"), "0");
    EXPECT_NE(value("jupyterhub_database_operation_seconds_count{operation=\"write\"}"), "0");
}

TEST_F(MetricsPage, requests_carry_the_names_that_dashboards_know)
{
    settings.hub.metrics_prefix = "lab";
    add_user("root", true);
    TestClient root = with_token("root");
    root.get("/hub/api/users/nobody");
    root.get("/hub/api/nothing");
    root.get("/hub/api/nothing");
    std::string const api = "handler=\"jupyterhub.apihandlers.";
    EXPECT_EQ(
        value("lab_request_duration_seconds_count{code=\"404\"," + api + "users.UserAPIHandler\",method=\"GET\"}"),
        "1");
    EXPECT_EQ(value("lab_request_duration_seconds_count{code=\"404\"," + api + "base.API404\",method=\"GET\"}"), "2");
}

TEST_F(MetricsPage, every_route_has_such_a_name)
{
    for (auto const& table : tables())
        for (auto const& route : table.routes)
            EXPECT_TRUE(find_handler_name(route.pattern)) << route.pattern;
}

TEST_F(MetricsPage, tells_what_the_process_uses)
{
    EXPECT_GT(std::stod(value("process_resident_memory_bytes")), 1e6);
    EXPECT_GT(std::stod(value("process_open_fds")), 2);
    EXPECT_GT(std::stod(value("process_start_time_seconds")), 1.6e9);
}

} // namespace
} // namespace jhub::hub

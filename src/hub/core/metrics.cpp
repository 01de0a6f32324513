#include "hub/core/metrics.hpp"

#include <array>
#include <map>
#include <sstream>
#include <tuple>
#include <vector>

#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "base/process_metrics.hpp"

namespace jhub::hub {
namespace {

using Buckets = prometheus::Histogram::BucketBoundaries;

Buckets usual_buckets() { return {.005, .01, .025, .05, .075, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10}; }
Buckets spawn_buckets() { return {.5, 1, 2.5, 5, 10, 15, 30, 60, 120, 180, 300, 600}; }
Buckets loop_buckets() { return {.05, .055, .06, .065, .07, .075, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10}; }
Buckets database_buckets() { return {.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 5}; }

struct MeasureEntry {
    Measure measure;
    std::string_view name, help, label;
    std::vector<std::string_view> values; // of the label; empty without one
    Buckets (*buckets)();
};

std::vector<MeasureEntry> const& measures()
{
    using namespace status;
    static std::vector<MeasureEntry> const entries{
        {Measure::server_spawn,
         "server_spawn_duration_seconds",
         "Time taken for server spawning operation",
         "status",
         {success, failure, already_pending, throttled, too_many_users},
         spawn_buckets},
        {Measure::server_stop,
         "server_stop_seconds",
         "Time taken for server stopping operation",
         "status",
         {success, failure},
         usual_buckets},
        {Measure::server_poll,
         "server_poll_duration_seconds",
         "Time taken to poll if server is running",
         "status",
         {running, stopped},
         usual_buckets},
        {Measure::proxy_add,
         "proxy_add_duration_seconds",
         "Duration for adding user routes to proxy",
         "status",
         {success, failure},
         usual_buckets},
        {Measure::proxy_delete,
         "proxy_delete_duration_seconds",
         "Duration for deleting user routes from proxy",
         "status",
         {success, failure},
         usual_buckets},
        {Measure::proxy_poll,
         "proxy_poll_duration_seconds",
         "Duration for polling all routes from proxy",
         "",
         {},
         usual_buckets},
        {Measure::check_routes,
         "check_routes_duration_seconds",
         "Time taken to validate all routes in proxy",
         "",
         {},
         usual_buckets},
        {Measure::hub_startup, "hub_startup_duration_seconds", "Time taken for Hub to start", "", {}, usual_buckets},
        {Measure::init_spawners,
         "init_spawners_duration_seconds",
         "Time taken for spawners to initialize",
         "",
         {},
         usual_buckets},
        {Measure::event_loop,
         "event_loop_interval_seconds",
         "Distribution of measured event loop intervals",
         "",
         {},
         loop_buckets},
        {Measure::database,
         "database_operation_seconds",
         "Time from asking the database until its answer",
         "operation",
         {read, write},
         database_buckets},
    };
    return entries;
}

double seconds(Metrics::Duration duration) { return std::chrono::duration<double>(duration).count(); }

} // namespace

struct Metrics::Impl {
    using Requests = prometheus::Family<prometheus::Histogram>;

    explicit Impl(std::string metrics_prefix) : prefix(std::move(metrics_prefix) + "_")
    {
        for (auto const& entry : measures()) {
            auto& family = histograms(entry.name, entry.help);
            if (entry.values.empty())
                series[{entry.measure, ""}] = &family.Add({}, entry.buckets());
            for (auto const value : entry.values)
                series[{entry.measure, value}] =
                    &family.Add({{std::string(entry.label), std::string(value)}}, entry.buckets());
        }
        requests = &histograms("request_duration_seconds", "Request duration for all HTTP requests");
        total_users = &gauges("total_users", "Total number of users").Add({});
        auto& starts = gauges("server_starts", "Starts of servers that wait for their turn, or are under way");
        waiting_starts = &starts.Add({{"state", "waiting"}});
        running_starts = &starts.Add({{"state", "running"}});
        running_servers = &gauges("running_servers", "The number of user servers currently running").Add({});
    }

    Requests& histograms(std::string_view name, std::string_view help)
    {
        return prometheus::BuildHistogram().Name(prefix + std::string(name)).Help(std::string(help)).Register(registry);
    }
    prometheus::Family<prometheus::Gauge>& gauges(std::string_view name, std::string_view help)
    {
        return prometheus::BuildGauge().Name(prefix + std::string(name)).Help(std::string(help)).Register(registry);
    }

    void set(People const& people)
    {
        total_users->Set(static_cast<double>(people.users));
        waiting_starts->Set(static_cast<double>(people.waiting_starts));
        running_starts->Set(static_cast<double>(people.running_starts));
        running_servers->Set(static_cast<double>(people.running_servers));
        if (!people.active)
            return;
        if (!active_users)
            active_users = &gauges("active_users", "Number of users who were active in the specified time period");
        for (auto const& [period, count] : {std::pair("24h", people.active->day), std::pair("7d", people.active->week),
                                            std::pair("30d", people.active->month)})
            active_users->Add({{"period", period}}).Set(static_cast<double>(count));
    }

    std::string prefix;
    prometheus::Registry registry;
    std::map<std::pair<Measure, std::string_view>, prometheus::Histogram*> series;
    Requests* requests = nullptr;
    // The series of requests seen so far: looking one up in the family builds its labels anew each time.
    std::map<std::tuple<std::string, std::string, int>, prometheus::Histogram*, std::less<>> known_requests;
    prometheus::Gauge* total_users = nullptr;
    prometheus::Gauge* running_servers = nullptr;
    prometheus::Gauge* waiting_starts = nullptr;
    prometheus::Gauge* running_starts = nullptr;
    prometheus::Family<prometheus::Gauge>* active_users = nullptr;
};

Metrics::Metrics(std::string prefix) : impl_(std::make_unique<Impl>(std::move(prefix))) {}
Metrics::~Metrics() = default;

void Metrics::observe(Measure measure, Duration took, std::string_view status)
{
    impl_->series.at({measure, status})->Observe(seconds(took));
}

void Metrics::observe_request(std::string_view method, std::string_view handler, int code, Duration took)
{
    auto found = impl_->known_requests.find(std::tuple(method, handler, code));
    if (found == impl_->known_requests.end()) {
        std::string method_text(method), handler_text(handler);
        auto& histogram = impl_->requests->Add(
            {{"method", method_text}, {"handler", handler_text}, {"code", std::to_string(code)}}, usual_buckets());
        found =
            impl_->known_requests.emplace(std::tuple(std::move(method_text), std::move(handler_text), code), &histogram)
                .first;
    }
    found->second->Observe(seconds(took));
}

std::string Metrics::text(People const& people)
{
    impl_->set(people);
    auto families = impl_->registry.Collect();
    for (auto& family : process_metrics())
        families.push_back(std::move(family));
    std::ostringstream out;
    prometheus::TextSerializer().Serialize(out, families);
    return std::move(out).str();
}

} // namespace jhub::hub

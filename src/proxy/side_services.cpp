#include "proxy/side_services.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include "base/process_metrics.hpp"
#include "proxy/request_path.hpp"

namespace jhub::proxy {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

ClientMetric counter(std::uint64_t value)
{
    ClientMetric metric;
    metric.counter.value = static_cast<double>(value);
    return metric;
}

MetricFamily counter_family(std::string name, std::string help, std::uint64_t value)
{
    return {std::move(name), std::move(help), MetricType::Counter, {counter(value)}};
}

MetricFamily gauge_family(std::string name, std::string help, std::uint64_t value)
{
    ClientMetric metric;
    metric.gauge.value = static_cast<double>(value);
    return {std::move(name), std::move(help), MetricType::Gauge, {metric}};
}

MetricFamily summary_family(std::string name, std::string help, std::uint64_t count, std::uint64_t nanoseconds)
{
    ClientMetric metric;
    metric.summary.sample_count = count;
    metric.summary.sample_sum = static_cast<double>(nanoseconds) / 1e9;
    return {std::move(name), std::move(help), MetricType::Summary, {metric}};
}

template <typename Value> MetricFamily by_status(std::string name, std::string help, Value value)
{
    MetricFamily family{std::move(name), std::move(help), MetricType::Counter, {}};
    for (std::size_t status = 100; status < 600; ++status) {
        std::uint64_t const count = value(status);
        if (count == 0)
            continue;
        ClientMetric metric = counter(count);
        metric.label = {{"status", std::to_string(status)}};
        family.metric.push_back(std::move(metric));
    }
    return family;
}

MetricFamily expiry_family(std::vector<CertificateFacts> const& certificates)
{
    MetricFamily family{"ssl_certificate_expiry_seconds",
                        "When each certificate expires, in seconds since 1970",
                        MetricType::Gauge,
                        {}};
    for (auto const& [file, expires] : certificates) {
        ClientMetric metric;
        metric.gauge.value = static_cast<double>(expires);
        metric.label = {{"file", file}};
        family.metric.push_back(std::move(metric));
    }
    return family;
}

// Time and bytes of the busiest routes: a table of many thousands must not become as many time series.
void append_routes(std::vector<MetricFamily>& families, RouteTable const& table, std::size_t most)
{
    std::vector<std::pair<std::uint64_t, Route const*>> busiest;
    table.each([&](Route const& route) {
        if (auto const* traffic = route.traffic.look())
            busiest.emplace_back(traffic->requests.load(std::memory_order_relaxed), &route);
    });
    std::ranges::sort(busiest, [](auto const& one, auto const& other) {
        return one.first != other.first ? one.first > other.first : one.second->key < other.second->key;
    });
    busiest.resize(std::min(busiest.size(), most));
    if (busiest.empty())
        return;
    MetricFamily seconds{"route_request_duration_seconds",
                         "From a request's head to the end of its answer, by route",
                         MetricType::Summary,
                         {}};
    MetricFamily received{
        "route_received_bytes", "Bytes of bodies and WebSockets from clients, by route", MetricType::Counter, {}};
    MetricFamily sent{
        "route_sent_bytes", "Bytes of bodies and WebSockets to clients, by route", MetricType::Counter, {}};
    for (auto const& [requests, route] : busiest) {
        RouteTraffic const& traffic = *route->traffic.look();
        auto const add = [name = route->shown()](MetricFamily& family, ClientMetric metric) {
            metric.label = {{"route", name}};
            family.metric.push_back(std::move(metric));
        };
        ClientMetric time;
        time.summary.sample_count = requests;
        time.summary.sample_sum = static_cast<double>(traffic.nanoseconds.load(std::memory_order_relaxed)) / 1e9;
        add(seconds, std::move(time));
        add(received, counter(traffic.received_bytes.load(std::memory_order_relaxed)));
        add(sent, counter(traffic.sent_bytes.load(std::memory_order_relaxed)));
    }
    families.insert(families.end(), {std::move(seconds), std::move(received), std::move(sent)});
}

} // namespace

LocalReply MetricsService::answer(http::RequestHead const& head, std::string const&)
{
    if (head.origin_target != "/metrics")
        return {404, "text/plain", "Not Found", {}};
    auto const sum = [this](Count Counters::* member) {
        std::uint64_t total = 0;
        for (auto const* worker : from_.workers)
            total += (worker->*member).get();
        return total;
    };
    auto const of_status = [this](std::size_t status) {
        std::uint64_t total = 0;
        for (auto const* worker : from_.workers)
            total += worker->requests_proxy[status].get();
        return total;
    };
    std::vector<MetricFamily> families;
    families.push_back(counter_family("api_route_get", "Count of API route get requests", from_.api.route_get.get()));
    families.push_back(counter_family("api_route_add", "Count of API route add requests", from_.api.route_add.get()));
    families.push_back(
        counter_family("api_route_delete", "Count of API route delete requests", from_.api.route_delete.get()));
    families.push_back(summary_family("find_target_for_req", "Summary of find target requests",
                                      sum(&Counters::routings), sum(&Counters::routing_nanoseconds)));
    families.push_back(summary_family("last_activity_updating", "Summary of last activity updating requests",
                                      sum(&Counters::activity_updates), 0));
    families.push_back(counter_family("requests_ws", "Count of websocket requests", sum(&Counters::requests_ws)));
    families.push_back(counter_family("requests_web", "Count of web requests", sum(&Counters::requests_web)));
    families.push_back(by_status("requests_proxy", "Count of proxy requests", of_status));
    families.push_back(by_status("requests_api", "Count of API requests",
                                 [this](std::size_t status) { return from_.api.requests_api[status].get(); }));
    families.push_back(gauge_family("connections_open", "Client connections open now",
                                    sum(&Counters::connections_open) - sum(&Counters::connections_closed)));
    families.push_back(counter_family("connections_refused", "Client connections over the limit",
                                      sum(&Counters::connections_refused)));
    if (auto const certificates = from_.certificates.facts(); !certificates.empty())
        families.push_back(expiry_family(certificates));
    append_routes(families, from_.table, from_.most_routes);
    std::ranges::move(process_metrics(), std::back_inserter(families));
    return {200, "text/plain; version=0.0.4; charset=utf-8", prometheus::TextSerializer().Serialize(families), {}};
}

std::optional<LocalReply> RedirectService::answer_early(http::RequestHeadView const& head)
{
    if (head.authority.empty())
        return LocalReply{400, "text/plain", "No Host header: nowhere to redirect to", {}};
    auto const port = host_port(head.authority);
    auto const name = head.authority.substr(0, head.authority.size() - (port.data() != nullptr ? port.size() + 1 : 0));
    std::string const suffix = port_ == 443 ? "" : fmt::format(":{}", port_);
    return LocalReply{301, "", "", {{"Location", fmt::format("https://{}{}{}", name, suffix, head.origin_target)}}};
}

LocalReply RedirectService::answer(http::RequestHead const&, std::string const&) { return {400, "", "", {}}; }

} // namespace jhub::proxy

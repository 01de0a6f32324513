// The two small listeners beside the data plane: metrics for Prometheus, and the redirect from http to https.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "proxy/certificates.hpp"
#include "proxy/control_api.hpp"
#include "proxy/counters.hpp"
#include "proxy/local_reply.hpp"

namespace jhub::proxy {

// GET /metrics; the names are those of the npm program.
class MetricsService final : public LocalService {
  public:
    struct Sources {
        std::vector<Counters const*> workers;
        ApiCounters const& api;
        Certificates const& certificates;
        RouteTable const& table;
        std::size_t most_routes; // with metrics of their own
    };
    explicit MetricsService(Sources sources) : from_(std::move(sources)) {}
    std::optional<LocalReply> answer_early(http::RequestHeadView const&) override { return std::nullopt; }
    LocalReply answer(http::RequestHead const& head, std::string const& body) override;

  private:
    Sources from_;
};

// 301 to https on the given port (left out when it is 443).
class RedirectService final : public LocalService {
  public:
    explicit RedirectService(std::uint16_t port) : port_(port) {}
    std::optional<LocalReply> answer_early(http::RequestHeadView const& head) override;
    LocalReply answer(http::RequestHead const& head, std::string const& body) override;

  private:
    std::uint16_t port_;
};

} // namespace jhub::proxy

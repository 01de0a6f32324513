// Speaks the REST API of configurable-http-proxy (reference cli.md §3.2, §3.7). Calls are retried with growing pauses
// while the proxy does not answer or answers 5xx, for at most 30 s. Calls about one route reach it one after the other,
// in the order in which they were made: what was asked for last is what stays.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/async.hpp"
#include "base/json.hpp"
#include "http/client.hpp"
#include "hub/core/metrics.hpp"

namespace jhub::hub {

// With subdomains routes begin with a host: "ada.hub.example.org/user/ada/".
enum class Routing { by_path, by_host };

class ProxyClient {
  public:
    // client and metrics must outlive it.
    ProxyClient(http::Client& client, Metrics& metrics, std::string api_url, std::string auth_token, Routing routing);

    // routespec is "/" or "/user/ada/" (escaped names); data is stored with the route beside "jupyterhub": true.
    Async<> add_route(std::string routespec, std::string target, Json data);
    Async<> delete_route(std::string routespec);
    // routespec → {routespec, target, data}, only routes that belong to the hub. Not retried.
    Async<std::map<std::string, Json>> routes();

    // Another proxy from now on; without a token the known one stays.
    void reconnect(std::string api_url, std::optional<std::string> auth_token);
    [[nodiscard]] std::string const& api_url() const { return api_url_; }

  private:
    class Turn;
    Async<> post_route(std::string routespec, std::string target, Json data);
    Async<> remove_route(std::string routespec);
    Async<http::ClientResponse> call(std::string method, std::string path, std::string body);
    Async<http::ClientResponse> call_once(std::string method, std::string path, std::string body);

    http::Client& client_;
    Metrics& metrics_;
    std::string api_url_, auth_token_;
    Routing routing_;
    std::map<std::string, std::shared_ptr<Event>> turns_; // by routespec: the end of the last call that was made
};

// "/user/a%40b/" → the path of its API resource, "/user/a@b".
[[nodiscard]] std::string route_path(std::string_view routespec);

} // namespace jhub::hub

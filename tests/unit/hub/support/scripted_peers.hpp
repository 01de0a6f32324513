// The two programs that a hub talks to: a single-user server and the proxy. Real HTTP on loopback ports, answers by
// script. Both keep their port over a restart of the hub under test.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "http/server.hpp"

namespace jhub::hub {

class ScriptedPeer : public http::RequestHandler {
  public:
    ~ScriptedPeer() override;
    void listen(asio::any_io_executor executor); // the first port again, when it listened before
    void close();
    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

    std::vector<std::string> seen; // "GET /user/ada/api"

  private:
    std::unique_ptr<http::Server> server_;
    std::uint16_t port_ = 0;
};

// Answers everything, as a single-user server answers its /api.
class ScriptedServer final : public ScriptedPeer {
  public:
    Task<http::Response> handle(http::Request request) override;

    http::Status status = http::Status::ok;
    std::string version = "5.5.1";
};

// The REST API of configurable-http-proxy (reference cli.md §3.2).
class ScriptedProxy final : public ScriptedPeer {
  public:
    explicit ScriptedProxy(std::string token) : token_(std::move(token)) {}
    Task<http::Response> handle(http::Request request) override;

    std::map<std::string, Json> routes;                              // "/user/ada" → data
    int failures = 0;                                                // so many of the next calls are answered with 500
    [[nodiscard]] std::string target(std::string const& path) const; // "" for no such route

  private:
    http::Response answer(http::Request const& request);
    std::string token_;
};

} // namespace jhub::hub

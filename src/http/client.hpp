// All outgoing HTTP calls: libcurl's multi interface, driven by Asio. Connections are kept and reused per client.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/async.hpp"
#include "http/headers.hpp"

namespace jhub::http {

struct ClientRequest {
    std::string method = "GET";
    std::string url; // http or https
    Headers headers;
    std::string body;
    std::optional<std::string> unix_socket; // connect here instead of to the URL's host
    std::chrono::milliseconds connect_timeout{3'000};
    std::chrono::milliseconds timeout{10'000}; // of the whole call
    std::uint64_t max_body = 1024 * 1024;
    bool follow_redirects = false; // at most 5, http and https only
    bool verify_tls = true;
    bool reuse_connection = true;       // false: a fresh connection that is closed afterwards (probes)
    bool use_environment_proxy = false; // obey http_proxy, https_proxy, no_proxy
};

struct ClientResponse {
    int status = 0;
    Headers headers; // of the last response
    std::string body;
};

class Client {
  public:
    // The executor must belong to one thread; send() is called on that thread.
    explicit Client(asio::any_io_executor executor);
    ~Client(); // running calls end with Errc::unavailable
    Client(Client const&) = delete;
    Client& operator=(Client const&) = delete;

    // Any status is a success. Errc::unavailable: refused, reset, unknown host, TLS failure; Errc::timeout;
    // Errc::too_large: body over max_body or headers over 64 KiB; Errc::invalid_argument: unusable URL, method or
    // header.
    Async<ClientResponse> send(ClientRequest request);

  private:
    std::shared_ptr<class ClientState> state_;
};

} // namespace jhub::http

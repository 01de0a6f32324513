// The engine under http::Client: one libcurl multi handle whose sockets and timer are Asio's.
#pragma once

#include <memory>
#include <unordered_map>

#include <curl/curl.h>

#include "http/client.hpp"

namespace jhub::http {

// One running call. Lives in the coroutine that waits for it.
struct Transfer {
    CURL* easy = nullptr;
    Event finished;
    CURLcode outcome = CURLE_OK;
    bool abandoned = false; // the client went away before the end
    bool too_large = false;
    std::uint64_t max_body = 0;
    std::size_t header_bytes = 0;
    ClientResponse response;
    std::string problem = std::string(CURL_ERROR_SIZE, '\0'); // libcurl writes the cause here
};

class ClientState : public std::enable_shared_from_this<ClientState> {
  public:
    explicit ClientState(asio::any_io_executor executor);
    ~ClientState();
    ClientState(ClientState const&) = delete;
    ClientState& operator=(ClientState const&) = delete;

    void start(Transfer& transfer);
    // Takes the transfer out, finished or not.
    void remove(Transfer& transfer);
    // Ends all transfers: the client is going away.
    void abandon();
    [[nodiscard]] bool is_abandoned() const { return abandoned_; }

  private:
    class WatchedSocket;

    static int on_socket(CURL* easy, curl_socket_t socket, int what, void* self, void* watched);
    static int on_timer(CURLM* multi, long timeout_ms, void* self);
    void watch(curl_socket_t socket, int what);
    void set_timer(long timeout_ms);
    void act(curl_socket_t socket, int events);
    void collect_finished();

    asio::any_io_executor executor_;
    asio::steady_timer timer_;
    std::uint64_t timer_generation_ = 0; // an expiry that was already queued when the timer was set anew is ignored
    CURLM* multi_;
    bool abandoned_ = false;
    std::unordered_map<curl_socket_t, std::shared_ptr<WatchedSocket>> sockets_;
    std::unordered_map<CURL*, Transfer*> transfers_;
};

} // namespace jhub::http

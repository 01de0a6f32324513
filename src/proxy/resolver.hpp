// Host names to addresses. getaddrinfo blocks, so it runs on threads of its own; numeric hosts need none of that.
#pragma once

#include <sys/socket.h>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/result.hpp"

namespace jhub::proxy {

struct Address {
    sockaddr_storage storage{};
    socklen_t size = 0;
};
using Addresses = std::vector<Address>;

// Without any look-up: a numeric host, or nothing.
[[nodiscard]] Addresses numeric_addresses(std::string const& host, std::uint16_t port);
[[nodiscard]] Address unix_address(std::string const& path);
// "127.0.0.1"; IPv4 inside IPv6 is shown as IPv4; empty for Unix sockets.
[[nodiscard]] std::string address_text(sockaddr_storage const& address);
// Blocks.
[[nodiscard]] Result<Addresses> look_up(std::string const& host, std::uint16_t port);

class Resolver {
  public:
    Resolver() = default;
    ~Resolver();
    Resolver(Resolver const&) = delete;
    Resolver& operator=(Resolver const&) = delete;

    using Done = std::function<void(Result<Addresses>)>;
    // done runs on a thread of the resolver: post it to where it belongs. From any thread.
    void resolve(std::string host, std::uint16_t port, Done done);

  private:
    struct Job {
        std::string host;
        std::uint16_t port;
        Done done;
    };
    void work();

    static constexpr std::size_t most_threads = 4;
    static constexpr std::size_t most_waiting = 1024;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Job> jobs_;
    std::size_t idle_ = 0;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

} // namespace jhub::proxy

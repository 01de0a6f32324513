// Host names to addresses. getaddrinfo blocks, so it runs on threads of its own; numeric hosts need none of that.
#pragma once

#include <sys/socket.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
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
    Resolver() : state_(std::make_shared<State>()) {}
    ~Resolver() { stop(); }
    Resolver(Resolver const&) = delete;
    Resolver& operator=(Resolver const&) = delete;

    using Done = std::function<void(Result<Addresses>)>;
    // done runs on a thread of the resolver: post it to where it belongs. From any thread.
    void resolve(std::string host, std::uint16_t port, Done done);
    // No done runs any more once it returns. It does not wait for look-ups: the system's take as long as they like.
    void stop();

  private:
    struct Job {
        std::string host;
        std::uint16_t port;
        Done done;
    };
    // Shared with the threads, which may outlive the resolver.
    struct State {
        std::mutex mutex;
        std::condition_variable wake;
        std::deque<Job> jobs;
        std::size_t idle = 0;
        std::size_t threads = 0;
        std::mutex answering; // held while a done runs
        std::atomic<bool> stopping = false;
    };
    static void work(std::shared_ptr<State> const& state);

    static constexpr std::size_t most_threads = 4;
    static constexpr std::size_t most_waiting = 1024;
    std::shared_ptr<State> state_;
};

} // namespace jhub::proxy

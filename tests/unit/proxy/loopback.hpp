// Real sockets for tests of the running proxy: a client that sends raw bytes, and a target that records every byte of
// each connection and answers by a script. Every wait has a deadline, so a broken proxy fails a test instead of hanging
// it.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace jhub::proxy::testing {

constexpr int patience_ms = 10'000;

class Socket {
  public:
    explicit Socket(int descriptor) : descriptor_(descriptor) {}
    Socket(Socket&& other) noexcept
        : descriptor_(std::exchange(other.descriptor_, -1)), pending_(std::move(other.pending_))
    {
    }
    ~Socket() { shut(); }

    void send(std::string_view data) const
    {
        while (!data.empty()) {
            ssize_t const sent = ::send(descriptor_, data.data(), data.size(), MSG_NOSIGNAL);
            if (sent <= 0)
                return;
            data.remove_prefix(static_cast<std::size_t>(sent));
        }
    }
    // Everything up to and including mark; what came so far when the stream ends or patience runs out.
    std::string until(std::string_view mark)
    {
        while (pending_.find(mark) == std::string::npos)
            if (!more())
                return std::exchange(pending_, {});
        auto const end = pending_.find(mark) + mark.size();
        std::string result = pending_.substr(0, end);
        pending_.erase(0, end);
        return result;
    }
    std::string take(std::size_t count)
    {
        while (pending_.size() < count)
            if (!more())
                break;
        std::string result = pending_.substr(0, count);
        pending_.erase(0, count);
        return result;
    }
    std::string rest()
    {
        while (more()) {
        }
        return std::exchange(pending_, {});
    }
    void finish() const { shutdown(descriptor_, SHUT_WR); }
    void shut()
    {
        if (descriptor_ >= 0)
            close(std::exchange(descriptor_, -1));
    }
    [[nodiscard]] bool ended_cleanly() const { return ended_ && !reset_; }
    [[nodiscard]] bool ended() const { return ended_; }

  private:
    bool more()
    {
        pollfd waiting{.fd = descriptor_, .events = POLLIN, .revents = 0};
        if (poll(&waiting, 1, patience_ms) != 1)
            return false;
        char buffer[65536];
        ssize_t const got = recv(descriptor_, buffer, sizeof buffer, 0);
        if (got <= 0) {
            ended_ = true;
            reset_ = got < 0;
            return false;
        }
        pending_.append(buffer, static_cast<std::size_t>(got));
        return true;
    }

    int descriptor_;
    std::string pending_;
    bool ended_ = false;
    bool reset_ = false;
};

inline Socket dial(std::uint16_t port)
{
    int const descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address);
    return Socket(descriptor);
}

// A target: the script gets each connection with its number, counted from 1, and a place to note what it saw.
class Backend {
  public:
    using Script = std::function<void(Socket&, int number)>;

    explicit Backend(Script script)
        : script_(std::move(script)), listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
    {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address);
        listen(listener_, 64);
        socklen_t size = sizeof address;
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
        port = ntohs(address.sin_port);
        accepting_ = std::thread([this] { accept_all(); });
    }
    // Call after the proxy and the clients are gone, so that scripts find their streams ended.
    ~Backend()
    {
        shutdown(listener_, SHUT_RDWR);
        accepting_.join();
        for (auto& thread : threads_)
            thread.join();
        close(listener_);
    }

    [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port); }

    void note(std::string text)
    {
        std::scoped_lock const lock(mutex_);
        notes_.push_back(std::move(text));
        changed_.notify_all();
    }
    // The notes once there are that many; fewer when patience ran out.
    std::vector<std::string> notes(std::size_t count)
    {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, std::chrono::milliseconds(patience_ms), [&] { return notes_.size() >= count; });
        return notes_;
    }

    std::uint16_t port = 0;

  private:
    void accept_all()
    {
        for (int number = 1;; ++number) {
            int const descriptor = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (descriptor < 0)
                return;
            threads_.emplace_back([this, descriptor, number] {
                Socket stream(descriptor);
                script_(stream, number);
            });
        }
    }

    Script script_;
    int listener_;
    std::thread accepting_;
    std::vector<std::thread> threads_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::string> notes_;
};

} // namespace jhub::proxy::testing

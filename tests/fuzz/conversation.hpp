// The sockets of the fuzz program `connection`: a client and a fake target around the proxy, driven by one thread,
// which records what each side received.
//
// The input is the client's bytes and, after each line "----", what the target answers to one more request. The byte 1E
// means "send what came so far, then go on"; 1C at the end of an answer means that the target closes.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "http/head_parser.hpp"

namespace jhub::fuzz {

class Conversation {
  public:
    static constexpr char flush = '\x1e';
    static constexpr char close_now = '\x1c';
    static constexpr std::string_view divider = "----\n";
    static constexpr int quiet_ms = 2;                // nothing happened for so long: nothing will
    static constexpr int most_quiet_rounds = 8;       // on a slow machine
    static constexpr int most_awaited_rounds = 2'500; // for what must come

    Conversation(std::string const& proxy_path, int listener, std::vector<std::string_view> answers)
        : client_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)), listener_(listener),
          answers_(std::move(answers))
    {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, proxy_path.data(), proxy_path.size());
        connected_ = connect(client_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    }
    ~Conversation()
    {
        close(client_);
        for (auto const& target : targets_)
            shut(target);
    }
    Conversation(Conversation const&) = delete;
    Conversation& operator=(Conversation const&) = delete;

    [[nodiscard]] bool connected() const { return connected_; }

    void say(std::string_view bytes)
    {
        while (!bytes.empty()) {
            auto const end = std::min(bytes.find(flush), bytes.size());
            send_all(client_, bytes.substr(0, end));
            bytes.remove_prefix(std::min(end + 1, bytes.size()));
            if (!bytes.empty())
                step(0);
        }
    }
    // Until the proxy closes the client's connection, or nothing moves any more; then the client ends as well.
    enum class Awaited { anything, the_end };
    void finish(Awaited awaited)
    {
        int const most = awaited == Awaited::the_end ? most_awaited_rounds : most_quiet_rounds;
        for (int quiet = 0; !client_ended_ && quiet < most;)
            quiet = step(quiet_ms) ? 0 : quiet + 1;
        shutdown(client_, SHUT_WR);
        for (int quiet = 0; !client_ended_ && quiet < most_quiet_rounds;)
            quiet = step(quiet_ms) ? 0 : quiet + 1;
        step(0);
    }

    struct Target {
        int descriptor;
        std::string received;
        std::size_t answered = 0; // bytes up to the end of the last head that was answered
    };
    [[nodiscard]] std::vector<Target> const& targets() const { return targets_; } // in the order of their connections
    [[nodiscard]] std::string const& client_received() const { return client_received_; }

  private:
    static void send_all(int descriptor, std::string_view bytes)
    {
        while (!bytes.empty()) {
            ssize_t const sent = send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0)
                return; // full or gone: the rest is lost, which is one more case
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
    }
    static void shut(Target const& target)
    {
        if (target.descriptor >= 0)
            close(target.descriptor);
    }

    // True when something was received. False also when the peer has ended.
    static bool receive(int descriptor, std::string& into, bool& ended)
    {
        char buffer[16384];
        ssize_t const got = recv(descriptor, buffer, sizeof buffer, MSG_DONTWAIT);
        ended = got == 0 || (got < 0 && errno != EAGAIN);
        if (got > 0)
            into.append(buffer, static_cast<std::size_t>(got));
        return got > 0;
    }

    bool step(int patience_ms)
    {
        std::vector<pollfd> waiting{{client_ended_ ? -1 : client_, POLLIN, 0}, {listener_, POLLIN, 0}};
        for (auto const& target : targets_)
            waiting.push_back({target.descriptor, POLLIN, 0});
        if (poll(waiting.data(), waiting.size(), patience_ms) <= 0)
            return false;
        if (waiting[0].revents != 0)
            receive(client_, client_received_, client_ended_);
        for (std::size_t i = 0; i + 2 < waiting.size(); ++i)
            if (waiting[i + 2].revents != 0)
                hear(targets_[i]);
        if ((waiting[1].revents & POLLIN) != 0)
            if (int const descriptor = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
                descriptor >= 0)
                targets_.push_back({descriptor, {}, 0});
        return true;
    }

    void hear(Target& target)
    {
        bool ended = false;
        receive(target.descriptor, target.received, ended);
        // An answer for each head, without waiting for its body: early answers are a case of their own.
        while (target.descriptor >= 0) {
            auto const end = target.received.find("\r\n\r\n", target.answered);
            if (end == std::string::npos)
                break;
            target.answered = end + 4;
            answer(target);
        }
        if (ended && target.descriptor >= 0)
            close(std::exchange(target.descriptor, -1));
    }

    void answer(Target& target)
    {
        std::string_view bytes = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
        if (next_answer_ < answers_.size())
            bytes = answers_[next_answer_++];
        bool const closes = bytes.ends_with(close_now);
        bytes.remove_suffix(closes ? 1 : 0);
        while (!bytes.empty()) {
            auto const end = std::min(bytes.find(flush), bytes.size());
            send_all(target.descriptor, bytes.substr(0, end));
            bytes.remove_prefix(std::min(end + 1, bytes.size()));
            if (!bytes.empty())
                poll(nullptr, 0, 1); // so that the parts arrive apart
        }
        if (closes)
            close(std::exchange(target.descriptor, -1));
    }

    int client_;
    int listener_;
    bool connected_ = false;
    bool client_ended_ = false;
    std::string client_received_;
    std::vector<std::string_view> answers_;
    std::size_t next_answer_ = 0;
    std::vector<Target> targets_;
};

} // namespace jhub::fuzz

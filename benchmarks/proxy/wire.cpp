// The two ends of a benchmark of proxies, as fast as they can be so that the proxy is what is measured.
//   wire target PORT                       answers /bytes/N with N bytes, WebSocket upgrades with an echo
//   wire echo PORT PATH COUNT SECONDS      COUNT WebSockets, each with one message on the way; prints messages and p99
//   in ms wire idle PORT PATH COUNT              opens COUNT WebSockets, prints how many, and waits for standard input
//   to end
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace {

constexpr std::string_view handshake_end =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"; // of the sample key
constexpr std::size_t block_bytes = 256 * 1024;
constexpr int events_at_once = 256;

sockaddr_in loopback(int port)
{
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

double seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

void no_delay(int descriptor)
{
    int const on = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

void watch(int epoll, int descriptor, std::uint32_t events, int operation = EPOLL_CTL_ADD)
{
    epoll_event event{.events = events, .data = {.fd = descriptor}};
    epoll_ctl(epoll, operation, descriptor, &event);
}

// --- the target

struct Peer {
    std::string received;
    std::string head;          // of the answer, not yet sent
    std::size_t body_left = 0; // bytes of filler to send behind it
    bool tunnel = false;
};

class Target {
  public:
    explicit Target(int port) : listener_(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)), epoll_(epoll_create1(0))
    {
        int const on = 1;
        setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        auto const address = loopback(port);
        if (bind(listener_, reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0 ||
            listen(listener_, 4096) != 0) {
            std::perror("target");
            std::exit(1);
        }
        watch(epoll_, listener_, EPOLLIN);
    }

    [[noreturn]] void run()
    {
        std::array<epoll_event, events_at_once> events{};
        while (true) {
            int const count = epoll_wait(epoll_, events.data(), events_at_once, -1);
            for (int i = 0; i < count; ++i) {
                int const descriptor = events[static_cast<std::size_t>(i)].data.fd;
                if (descriptor == listener_)
                    accept_all();
                else if (!serve(descriptor, peers_[descriptor]))
                    end(descriptor);
            }
        }
    }

  private:
    void accept_all()
    {
        for (int peer = 0; (peer = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK)) >= 0;) {
            no_delay(peer);
            peers_[peer] = {};
            watch(epoll_, peer, EPOLLIN);
        }
    }
    void end(int descriptor)
    {
        close(descriptor);
        peers_.erase(descriptor);
    }

    bool serve(int descriptor, Peer& peer)
    {
        if (peer.body_left > 0 || !peer.head.empty())
            return send_rest(descriptor, peer);
        char buffer[65536];
        ssize_t const got = recv(descriptor, buffer, sizeof buffer, 0);
        if (got <= 0)
            return got < 0 && errno == EAGAIN;
        std::string_view const data(buffer, static_cast<std::size_t>(got));
        if (peer.tunnel)
            return send(descriptor, data.data(), data.size(), MSG_NOSIGNAL) == got;
        peer.received += data;
        auto const head_end = peer.received.find("\r\n\r\n");
        if (head_end == std::string::npos)
            return true;
        answer(std::string_view(peer.received).substr(0, head_end), peer);
        peer.received.erase(0, head_end + 4);
        return send_rest(descriptor, peer);
    }

    static void answer(std::string_view head, Peer& peer)
    {
        peer.tunnel = head.find("pgrade: websocket") != std::string_view::npos;
        if (peer.tunnel) {
            peer.head = handshake_end;
            return;
        }
        auto const at = head.find("/bytes/");
        peer.body_left = at == std::string_view::npos ? 200 : std::strtoull(head.data() + at + 7, nullptr, 10);
        peer.head = "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: " +
                    std::to_string(peer.body_left) + "\r\n\r\n";
    }

    bool send_rest(int descriptor, Peer& peer)
    {
        static std::string const filler(block_bytes, 'x');
        while (!peer.head.empty() || peer.body_left > 0) {
            std::array<iovec, 2> parts{
                iovec{peer.head.data(), peer.head.size()},
                iovec{const_cast<char*>(filler.data()), std::min(peer.body_left, filler.size())}};
            msghdr message{};
            message.msg_iov = parts.data();
            message.msg_iovlen = parts.size();
            ssize_t const sent = sendmsg(descriptor, &message, MSG_NOSIGNAL);
            if (sent < 0) {
                watch(epoll_, descriptor, EPOLLOUT, EPOLL_CTL_MOD);
                return errno == EAGAIN;
            }
            auto const of_head = std::min(peer.head.size(), static_cast<std::size_t>(sent));
            peer.head.erase(0, of_head);
            peer.body_left -= static_cast<std::size_t>(sent) - of_head;
        }
        watch(epoll_, descriptor, EPOLLIN, EPOLL_CTL_MOD);
        return true;
    }

    int listener_;
    int epoll_;
    std::unordered_map<int, Peer> peers_;
};

// --- WebSocket clients

// An open WebSocket, or -1.
int open_websocket(int port, std::string const& path)
{
    int const descriptor = socket(AF_INET, SOCK_STREAM, 0);
    auto const address = loopback(port);
    if (connect(descriptor, reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0) {
        close(descriptor);
        return -1;
    }
    no_delay(descriptor);
    std::string const request = "GET " + path +
                                " HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    send(descriptor, request.data(), request.size(), MSG_NOSIGNAL);
    std::string answer;
    char buffer[4096];
    while (answer.find("\r\n\r\n") == std::string::npos) {
        ssize_t const got = recv(descriptor, buffer, sizeof buffer, 0);
        if (got <= 0)
            break;
        answer.append(buffer, static_cast<std::size_t>(got));
    }
    if (answer.starts_with("HTTP/1.1 101"))
        return descriptor;
    close(descriptor);
    return -1;
}

std::vector<int> open_websockets(int port, std::string const& path, int count)
{
    std::vector<int> sockets;
    for (int i = 0; i < count; ++i)
        if (int const one = open_websocket(port, path); one >= 0)
            sockets.push_back(one);
    return sockets;
}

void echo(std::vector<int> const& sockets, double duration)
{
    // A masked binary frame of 32 bytes; the mask is zero, since nobody between the ends looks at it.
    std::string const message = std::string("\x82\xa0\0\0\0\0", 6) + std::string(32, 'a');
    int const epoll = epoll_create1(0);
    std::unordered_map<int, double> sent;
    for (int const one : sockets) {
        watch(epoll, one, EPOLLIN);
        sent[one] = seconds();
        send(one, message.data(), message.size(), MSG_NOSIGNAL);
    }
    std::vector<double> times;
    std::array<epoll_event, events_at_once> events{};
    for (double const end = seconds() + duration; seconds() < end;) {
        int const count = epoll_wait(epoll, events.data(), events_at_once, 100);
        for (int i = 0; i < count; ++i) {
            int const one = events[static_cast<std::size_t>(i)].data.fd;
            char buffer[4096];
            if (recv(one, buffer, sizeof buffer, MSG_DONTWAIT) < static_cast<ssize_t>(message.size()))
                continue; // messages are far smaller than a segment: they arrive whole
            double const now = seconds();
            times.push_back(now - std::exchange(sent[one], now));
            send(one, message.data(), message.size(), MSG_NOSIGNAL);
        }
    }
    std::ranges::sort(times);
    std::printf("%zu %.3f\n", times.size(), times.empty() ? 0 : times[times.size() * 99 / 100] * 1000);
}

} // namespace

int main(int count, char** words)
{
    std::signal(SIGPIPE, SIG_IGN);
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    std::string_view const what = count > 2 ? words[1] : "";
    if (what == "target")
        Target(std::atoi(words[2])).run();
    if (count < 5 || (what != "echo" && what != "idle")) {
        std::fprintf(stderr,
                     "usage: wire target PORT | wire echo PORT PATH COUNT SECONDS | wire idle PORT PATH COUNT\n");
        return 2;
    }
    auto const sockets = open_websockets(std::atoi(words[2]), words[3], std::atoi(words[4]));
    if (what == "echo") {
        echo(sockets, count > 5 ? std::atof(words[5]) : 3);
        return 0;
    }
    std::printf("%zu\n", sockets.size());
    std::fflush(stdout);
    while (std::getchar() != EOF) {
    }
    return 0;
}

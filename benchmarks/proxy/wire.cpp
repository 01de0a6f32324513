// The two ends of a benchmark of proxies, as fast as they can be so that the proxy is what is measured.
//   wire target PORT                       answers /bytes/N with N bytes, WebSocket upgrades with an echo
//   wire echo PORT PATH COUNT SECONDS      COUNT WebSockets, each with one message on the way; prints messages and
//                                          p99 in ms
//   wire idle PORT PATH COUNT              opens COUNT WebSockets, prints how many, and waits for standard input to end
//   wire idle-tls PORT PATH COUNT          the same over TLS
//   wire routes PORT TOKEN FIRST COUNT TARGET_PORT   adds routes through the REST API, ten at a time; prints how many
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ssl.h>

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

// Reads and writes plainly, or over TLS that lives until the process ends.
class Stream {
  public:
    Stream(int descriptor, SSL_CTX* tls) : descriptor_(descriptor), session_(tls == nullptr ? nullptr : SSL_new(tls))
    {
        if (session_ != nullptr)
            SSL_set_fd(session_, descriptor_);
    }
    bool shake_hands() { return session_ == nullptr || SSL_connect(session_) == 1; }
    void send(std::string const& text)
    {
        if (session_ == nullptr)
            ::send(descriptor_, text.data(), text.size(), MSG_NOSIGNAL);
        else
            SSL_write(session_, text.data(), static_cast<int>(text.size()));
    }
    ssize_t receive(char* buffer, std::size_t size)
    {
        return session_ == nullptr ? recv(descriptor_, buffer, size, 0)
                                   : SSL_read(session_, buffer, static_cast<int>(size));
    }

  private:
    int descriptor_;
    SSL* session_;
};

int connect_to(int port)
{
    int const descriptor = socket(AF_INET, SOCK_STREAM, 0);
    auto const address = loopback(port);
    if (connect(descriptor, reinterpret_cast<sockaddr const*>(&address), sizeof address) != 0) {
        close(descriptor);
        return -1;
    }
    no_delay(descriptor);
    return descriptor;
}

// An open WebSocket, or -1. tls may be null.
int open_websocket(int port, std::string const& path, SSL_CTX* tls)
{
    int const descriptor = connect_to(port);
    if (descriptor < 0)
        return -1;
    std::string const request = "GET " + path +
                                " HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    Stream stream(descriptor, tls);
    if (!stream.shake_hands()) {
        close(descriptor);
        return -1;
    }
    stream.send(request);
    std::string answer;
    char buffer[4096];
    while (answer.find("\r\n\r\n") == std::string::npos) {
        ssize_t const got = stream.receive(buffer, sizeof buffer);
        if (got <= 0)
            break;
        answer.append(buffer, static_cast<std::size_t>(got));
    }
    if (answer.starts_with("HTTP/1.1 101"))
        return descriptor;
    close(descriptor);
    return -1;
}

std::vector<int> open_websockets(int port, std::string const& path, int count, SSL_CTX* tls)
{
    std::vector<int> sockets;
    for (int i = 0; i < count; ++i)
        if (int const one = open_websocket(port, path, tls); one >= 0)
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

// --- the REST API

std::string add_route(std::string const& token, int number, int target_port)
{
    char name[16];
    std::snprintf(name, sizeof name, "somebody%06d", number);
    std::string const body =
        R"({"target":"http://127.0.0.1:)" + std::to_string(target_port) + R"(","user":"someone","server_name":""})";
    return std::string("POST /api/routes/user/") + name + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: token " +
           token + "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           body;
}

int add_routes(int port, std::string const& token, int first, int count, int target_port)
{
    constexpr int at_once = 10;
    int const epoll = epoll_create1(0);
    int sent = 0;
    int added = 0;
    auto const send_next = [&](int descriptor) {
        if (sent == count)
            return;
        auto const request = add_route(token, first + sent++, target_port);
        send(descriptor, request.data(), request.size(), MSG_NOSIGNAL);
    };
    for (int i = 0; i < at_once; ++i) {
        int const one = connect_to(port);
        watch(epoll, one, EPOLLIN);
        send_next(one);
    }
    while (added < count) {
        std::array<epoll_event, at_once> events{};
        int const ready = epoll_wait(epoll, events.data(), at_once, 30'000);
        if (ready <= 0)
            return added;
        for (int i = 0; i < ready; ++i) {
            int const one = events[static_cast<std::size_t>(i)].data.fd;
            char buffer[4096];
            ssize_t const got = recv(one, buffer, sizeof buffer, 0); // an answer is one small segment
            if (got <= 0 || !std::string_view(buffer, static_cast<std::size_t>(got)).starts_with("HTTP/1.1 201"))
                return added;
            ++added;
            send_next(one);
        }
    }
    return added;
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
    if (what == "routes" && count == 7) {
        std::printf("%d\n", add_routes(std::atoi(words[2]), words[3], std::atoi(words[4]), std::atoi(words[5]),
                                       std::atoi(words[6])));
        return 0;
    }
    if (count < 5 || (what != "echo" && what != "idle" && what != "idle-tls")) {
        std::fprintf(
            stderr, "usage: wire target PORT | wire echo PORT PATH COUNT SECONDS | wire idle|idle-tls PORT PATH COUNT\n"
                    "       wire routes PORT TOKEN FIRST COUNT TARGET_PORT\n");
        return 2;
    }
    SSL_CTX* const tls = what == "idle-tls" ? SSL_CTX_new(TLS_client_method()) : nullptr;
    if (tls != nullptr)
        SSL_CTX_set_mode(tls, SSL_MODE_RELEASE_BUFFERS);
    auto const sockets = open_websockets(std::atoi(words[2]), words[3], std::atoi(words[4]), tls);
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

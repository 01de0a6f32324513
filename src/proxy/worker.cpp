#include "proxy/worker.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "base/log.hpp"
#include "proxy/session.hpp"

namespace jhub::proxy {
namespace {

constexpr int accepts_at_once = 64;
constexpr unsigned log_lines_a_second = 50;
constexpr std::int64_t pause_without_descriptors_ms = 100;

} // namespace

// A listening socket of one worker.
class Listener final : public EventHandler, private TimerWheel::Entry {
  public:
    Listener(Worker& worker, Descriptor descriptor, Front const& front)
        : worker_(worker), descriptor_(std::move(descriptor)), front_(front)
    {
    }

    [[nodiscard]] bool watch()
    {
        watching_ = true;
        return worker_.loop().watch(descriptor_.get(), *this, EventLoop::Trigger::level_shared);
    }

    // The socket stays open, for another process or for later.
    void pause()
    {
        watching_ = false;
        worker_.loop().unwatch(descriptor_.get());
        worker_.loop().timers().clear(*this);
    }

    void on_events(std::uint32_t) override
    {
        for (int i = 0; i < accepts_at_once && watching_; ++i)
            if (!accept_one())
                return;
    }

  private:
    bool accept_one()
    {
        sockaddr_storage peer{};
        socklen_t size = sizeof peer;
        int const descriptor = accept4(descriptor_.get(), reinterpret_cast<sockaddr*>(&peer), &size,
                                       SOCK_NONBLOCK | SOCK_CLOEXEC); // NOLINT
        if (descriptor >= 0) {
            set_stream_options(descriptor, peer.ss_family);
            worker_.adopt(descriptor, address_text(peer), front_);
            return true;
        }
        if (errno == ECONNABORTED || errno == EINTR)
            return true;
        if (errno != EAGAIN) { // out of descriptors or memory: wait, do not spin
            log::error("cannot accept on {}: {}", front_.what, std::strerror(errno));
            worker_.loop().unwatch(descriptor_.get());
            worker_.loop().timers().set(*this, worker_.loop().now_ms() + pause_without_descriptors_ms);
        }
        return false;
    }

    void on_deadline() override
    {
        if (!watch())
            worker_.loop().timers().set(*this, worker_.loop().now_ms() + pause_without_descriptors_ms);
    }

    Worker& worker_;
    Descriptor descriptor_;
    Front const& front_;
    bool watching_ = false;
};

Worker::Worker(ProxyFacts const& facts, SnapshotSource const& snapshots, Resolver& resolver,
               std::atomic<std::size_t>& connections, TlsContext client_tls)
    : facts_(facts), snapshots_(snapshots), connections_(connections), client_tls_(std::move(client_tls)),
      pool_(loop_, resolver, client_tls_.get()), snapshot_(snapshots.newest())
{
}

Worker::~Worker()
{
    sessions_.clear();
    listeners_.clear();
    loop_.destroy_retired(); // while the pool is still there
}

Result<> Worker::serve(Descriptor descriptor, Front const& front)
{
    auto listener = std::make_unique<Listener>(*this, std::move(descriptor), front);
    if (!listener->watch())
        return fail(Errc::failed, std::string("cannot watch a listener: ") + std::strerror(errno));
    listeners_.push_back(std::move(listener));
    return {};
}

void Worker::run() { loop_.run(); }

void Worker::replace_tls(Front& front, TlsContext context)
{
    loop_.post([&front, next = std::make_shared<TlsContext>(std::move(context))] { front.tls = std::move(*next); });
}

void Worker::replace_client_tls(TlsContext context)
{
    loop_.post([this, next = std::make_shared<TlsContext>(std::move(context))] {
        client_tls_ = std::move(*next);
        pool_.set_tls(client_tls_.get());
    });
}

void Worker::stop_listening()
{
    for (auto const& listener : listeners_)
        listener->pause();
}

void Worker::listen_again()
{
    for (auto const& listener : listeners_)
        if (!listener->watch())
            log::error("cannot watch a listener: {}", std::strerror(errno));
}

void Worker::end_idle_connections()
{
    std::vector<Session*> all; // ending one changes the list
    for (auto const& session : sessions_)
        all.push_back(session.get());
    for (Session* session : all)
        session->end_if_idle();
}

void Worker::drain()
{
    stop_listening();
    draining_ = true;
    for (auto const& session : sessions_)
        session->limit_idle_time();
}

RouteSnapshot const& Worker::routes()
{
    if (snapshots_.version() != snapshot_->version)
        snapshot_ = snapshots_.newest();
    return *snapshot_;
}

bool Worker::may_log()
{
    std::int64_t const second = loop_.now_ms() / 1000;
    if (second != log_second_) {
        if (logged_ > log_lines_a_second)
            log::warning("{} more lines about failed requests were left out", logged_ - log_lines_a_second);
        log_second_ = second;
        logged_ = 0;
    }
    return ++logged_ <= log_lines_a_second;
}

bool Worker::is_full() const
{
    return facts_.most_connections != 0 && connections_.load(std::memory_order_relaxed) >= facts_.most_connections;
}

void Worker::adopt(int descriptor, std::string address, Front const& front)
{
    if (is_full() && front.service == nullptr) {
        static constexpr std::string_view refusal =
            "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        if (front.tls == nullptr)
            send(descriptor, refusal.data(), refusal.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        Descriptor const closing(descriptor);
        counters_.connections_refused.add();
        return;
    }
    connections_.fetch_add(1, std::memory_order_relaxed);
    counters_.connections_open.add();
    sessions_.push_front(std::make_unique<Session>(*this, descriptor, std::move(address), front));
    sessions_.front()->place = sessions_.begin();
    sessions_.front()->start();
}

void Worker::bury(Session& session)
{
    connections_.fetch_sub(1, std::memory_order_relaxed);
    counters_.connections_closed.add();
    std::unique_ptr<Session> own = std::move(*session.place);
    sessions_.erase(own->place);
    loop_.retire(std::move(own));
}

} // namespace jhub::proxy

#include "proxy/worker.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "base/log.hpp"
#include "proxy/session.hpp"

namespace jhub::proxy {
namespace {

constexpr unsigned log_lines_a_second = 50;
constexpr std::string_view no_room =
    "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 5\r\nConnection: close\r\n\r\n";
constexpr std::string_view too_many_of_one =
    "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\nRetry-After: 5\r\nConnection: close\r\n\r\n";
constexpr std::int64_t pause_ms = 100;

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
        if (is_overloaded()) {
            rest();
            return;
        }
        accept_one(); // no more: what waits behind it is for the worker that is idle first
    }

  private:
    [[nodiscard]] int take(sockaddr_storage& peer) const
    {
        socklen_t size = sizeof peer;
        return accept4(descriptor_.get(), reinterpret_cast<sockaddr*>(&peer), &size, // NOLINT: C interface
                       SOCK_NONBLOCK | SOCK_CLOEXEC);
    }

    void accept_one()
    {
        sockaddr_storage peer{};
        int const descriptor = take(peer);
        if (descriptor >= 0) {
            set_stream_options(descriptor, peer, worker_.facts().tcp_keep_alive_seconds);
            worker_.adopt(descriptor, address_text(peer), front_);
            return;
        }
        if (errno == EAGAIN || errno == ECONNABORTED || errno == EINTR)
            return;
        bool const none_left = errno == EMFILE || errno == ENFILE;
        if (none_left && worker_.pool().make_room()) // idle connections to targets have some; it is accepted next round
            return;
        if (none_left && accept_with_reserve())
            return;
        if (worker_.may_log()) // out of descriptors or memory: wait, do not spin
            log::error("cannot accept on {}: {}", front_.what, std::strerror(errno));
        rest();
    }

    // Out of descriptors. The API goes on with one that was held back; others are told so and closed.
    bool accept_with_reserve()
    {
        if (!worker_.reserve().give_up_one()) {
            errno = EMFILE;
            return false;
        }
        sockaddr_storage peer{};
        int const descriptor = take(peer);
        int const problem = errno;
        if (descriptor >= 0 && front_.access == Access::control)
            worker_.adopt(descriptor, address_text(peer), front_);
        else if (descriptor >= 0)
            worker_.refuse(descriptor, front_, no_room);
        if (front_.access == Access::everybody || descriptor < 0)
            worker_.reserve().refill();
        errno = problem;
        return descriptor >= 0;
    }

    void rest()
    {
        worker_.loop().unwatch(descriptor_.get());
        worker_.loop().timers().set(*this, worker_.loop().now_ms() + pause_ms);
    }

    [[nodiscard]] bool is_overloaded() const
    {
        return front_.access == Access::everybody && worker_.load() == Load::no_connections;
    }

    void on_deadline() override
    {
        if (is_overloaded() || !watch())
            worker_.loop().timers().set(*this, worker_.loop().now_ms() + pause_ms);
    }

    Worker& worker_;
    Descriptor descriptor_;
    Front const& front_;
    bool watching_ = false;
};

Worker::Worker(ProxyFacts const& facts, SnapshotSource const& snapshots, Resolver& resolver, Shared& shared,
               TlsContext client_tls, std::size_t reserve)
    : facts_(facts), snapshots_(snapshots), shared_(shared), reserve_(reserve), client_tls_(std::move(client_tls)),
      pool_(loop_, resolver, client_tls_.get()), snapshot_(snapshots.newest())
{
    pool_.set_keep_alive_seconds(facts.tcp_keep_alive_seconds);
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
    return facts_.most_connections != 0 &&
           shared_.connections.load(std::memory_order_relaxed) >= facts_.most_connections;
}

void Worker::refuse(int descriptor, Front const& front, std::string_view answer)
{
    Descriptor const closing(descriptor);
    if (front.tls == nullptr)
        send(descriptor, answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    counters_.connections_refused.add();
}

void Worker::adopt(int descriptor, std::string address, Front const& front)
{
    bool const public_side = front.access == Access::everybody;
    if (public_side && is_full()) {
        refuse(descriptor, front, no_room);
        return;
    }
    bool const counted = public_side && !address.empty() && !facts_.uncounted.contain(address);
    if (counted && !shared_.admission.enter(address)) {
        refuse(descriptor, front, too_many_of_one);
        return;
    }
    shared_.connections.fetch_add(1, std::memory_order_relaxed);
    counters_.connections_open.add();
    sessions_.push_front(std::make_unique<Session>(*this, descriptor, std::move(address), front, counted));
    sessions_.front()->place = sessions_.begin();
    sessions_.front()->start();
}

void Worker::bury(Session& session)
{
    shared_.connections.fetch_sub(1, std::memory_order_relaxed);
    reserve_.refill(); // the descriptors of earlier ones are free by now
    counters_.connections_closed.add();
    std::unique_ptr<Session> own = std::move(*session.place);
    sessions_.erase(own->place);
    loop_.retire(std::move(own));
}

} // namespace jhub::proxy

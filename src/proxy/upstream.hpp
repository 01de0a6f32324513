// Connections to targets: making them, and keeping idle ones of a route for its next request. Per worker; a connection
// made for one route never serves another, and one that behaved unexpectedly is never kept.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "proxy/channel.hpp"
#include "proxy/event_loop.hpp"
#include "proxy/resolver.hpp"
#include "proxy/routes.hpp"
#include "proxy/timer_wheel.hpp"

namespace jhub::proxy {

class UpstreamPool;

// What a worker keeps for a route that it has used.
class RouteSlot final : public ChannelOwner {
  public:
    RouteSlot(UpstreamPool& pool, RoutePointer route) : pool_(pool), route_(std::move(route)) {}
    [[nodiscard]] Route const& route() const { return *route_; }
    void on_channel(Channel& channel) override; // an idle connection stirs: it ended, or speaks unasked

  private:
    friend class UpstreamPool;
    friend class SlotUse;
    friend class Connector;
    struct Idle {
        std::unique_ptr<Channel> channel;
        std::int64_t since_ms;
    };
    UpstreamPool& pool_;
    RoutePointer route_;
    std::vector<Idle> idle_;
    std::size_t users_ = 0;
    Addresses addresses_; // of the target; empty until resolved
    std::int64_t addresses_until_ms_ = 0;
};

// Keeps a slot alive while a request uses it.
class SlotUse {
  public:
    SlotUse() = default;
    explicit SlotUse(RouteSlot& slot) : slot_(&slot) { ++slot_->users_; }
    SlotUse(SlotUse&& other) noexcept : slot_(std::exchange(other.slot_, nullptr)) {}
    SlotUse& operator=(SlotUse&& other) noexcept
    {
        std::swap(slot_, other.slot_);
        return *this;
    }
    ~SlotUse() { release(); }
    void release();
    [[nodiscard]] RouteSlot* get() const { return slot_; }

  private:
    RouteSlot* slot_ = nullptr;
};

class UpstreamPool final : private TimerWheel::Entry {
  public:
    UpstreamPool(EventLoop& loop, Resolver& resolver, SSL_CTX* tls) : loop_(loop), resolver_(resolver), tls_(tls) {}
    ~UpstreamPool();

    [[nodiscard]] SlotUse use(RoutePointer const& route);
    enum class Check { trust_events, look_first };
    // An idle connection, or null. look_first asks the kernel whether it has ended meanwhile.
    [[nodiscard]] std::unique_ptr<Channel> take(RouteSlot& slot, Check check);
    void give(RouteSlot& slot, std::unique_ptr<Channel> channel);
    // Ends all idle connections, for their descriptors: free from the loop's next round. False when there are none.
    bool make_room();

    [[nodiscard]] EventLoop& loop() { return loop_; }
    [[nodiscard]] Resolver& resolver() { return resolver_; }
    [[nodiscard]] SSL_CTX* tls() { return tls_; }
    void set_tls(SSL_CTX* tls) { tls_ = tls; }
    [[nodiscard]] int keep_alive_seconds() const { return keep_alive_seconds_; }
    void set_keep_alive_seconds(int seconds) { keep_alive_seconds_ = seconds; }
    [[nodiscard]] std::size_t idle_count() const;

  private:
    friend class RouteSlot;
    friend class SlotUse;
    void on_deadline() override; // ends what has been idle for long
    void forget_if_unused(RouteSlot& slot);

    EventLoop& loop_;
    Resolver& resolver_;
    SSL_CTX* tls_;
    int keep_alive_seconds_ = 60;
    bool sweeping_ = false;
    std::unordered_map<Route const*, std::unique_ptr<RouteSlot>> slots_;
};

class ConnectWaiter {
  public:
    virtual void on_connected(std::unique_ptr<Channel> channel) = 0;
    virtual void on_connect_failed(std::string const& why) = 0;

  protected:
    ~ConnectWaiter() = default;
};

// One attempt to reach a route's target: resolve, try each address, shake hands. Destroying it gives up; the waiter
// may do so from within its own call.
class Connector final : public ChannelOwner, public Disposable {
  public:
    Connector(UpstreamPool& pool, RouteSlot& slot, ConnectWaiter& waiter) : pool_(pool), slot_(slot), waiter_(waiter) {}
    ~Connector() override;
    void start();
    void give_up() { done_ = true; }
    void on_channel(Channel& channel) override;

  private:
    void try_next();
    bool try_address(Address const& address);
    bool tries_again_with_room();
    void succeed();
    void fail(std::string const& why);

    UpstreamPool& pool_;
    RouteSlot& slot_;
    ConnectWaiter& waiter_;
    std::size_t next_ = 0;
    bool done_ = false;
    bool made_room_ = false;
    std::unique_ptr<Channel> channel_;
    std::string last_problem_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true); // asked by answers of the resolver
};

} // namespace jhub::proxy

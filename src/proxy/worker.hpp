// One worker: a thread's event loop with everything a request needs, shared with no other thread. What all workers
// have in common is constant (ProxyFacts) or published atomically (SnapshotSource).
#pragma once

#include <atomic>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "base/networks.hpp"
#include "http/head_parser.hpp"
#include "proxy/admission.hpp"
#include "proxy/counters.hpp"
#include "proxy/descriptor_reserve.hpp"
#include "proxy/event_loop.hpp"
#include "proxy/forwarding.hpp"
#include "proxy/local_reply.hpp"
#include "proxy/overload.hpp"
#include "proxy/request_path.hpp"
#include "proxy/resolver.hpp"
#include "proxy/routes.hpp"
#include "proxy/sockets.hpp"
#include "proxy/splice_lane.hpp"
#include "proxy/tls.hpp"
#include "proxy/upstream.hpp"

namespace jhub::proxy {

class Listener;
class Session;

// Settings of the data plane, made once at start-up.
struct ProxyFacts {
    ForwardRules rules;
    bool host_routing = false;
    std::string error_path;
    RoutePointer error_target;          // null: built-in pages
    std::int64_t client_timeout_ms = 0; // 0: none
    std::int64_t target_timeout_ms = 0; // 0: none
    std::int64_t keep_alive_ms = 5'000;
    std::int64_t body_ms = 60'000; // without a byte of a request's body; 0: any time
    std::int64_t connect_ms = 5'000;
    std::int64_t half_closed_ms = 10'000; // a tunnel of which the client has finished, without a byte
    int tcp_keep_alive_seconds = 60;
    http::Limits limits;
    Networks uncounted;               // addresses without a limit on waiting connections
    std::size_t most_connections = 0; // of all workers; 0: no limit
};

// What all workers have in common and change.
struct Shared {
    explicit Shared(std::size_t most_waiting_of_an_address) : admission(most_waiting_of_an_address) {}
    std::atomic<std::size_t> connections = 0;
    Admission admission;
    LoadLevel load = Load::normal;
};

// Whether limits on connections apply: the API and metrics are never refused for what strangers do.
enum class Access : std::uint8_t { everybody, control };

// A kind of listener: what its connections are for.
struct Front {
    LocalService* service = nullptr; // null: the data plane
    TlsContext tls;                  // replaced on the worker's thread when certificates are read again
    std::string what;                // for the log
    Access access = Access::everybody;
};

class Worker {
  public:
    // reserve: descriptors held back for when there are no others.
    Worker(ProxyFacts const& facts, SnapshotSource const& snapshots, Resolver& resolver, Shared& shared,
           TlsContext client_tls, std::size_t reserve);
    ~Worker();
    Worker(Worker const&) = delete;
    Worker& operator=(Worker const&) = delete;

    // Before run(). Keeps the descriptor.
    [[nodiscard]] Result<> serve(Descriptor listener, Front const& front);
    void run();
    void stop() { loop_.stop(); } // from any thread
    // New connections use the new context, those that are there keep theirs. From any thread.
    void replace_tls(Front& front, TlsContext context);
    void replace_client_tls(TlsContext context);

    // -- handing over, on the worker's own thread
    void stop_listening();
    void listen_again();
    void end_idle_connections();
    // Takes nothing new; connections end with their current request, or when they have been idle for long enough.
    void drain();
    [[nodiscard]] bool keeps_connections() const { return !draining_ && load() < Load::no_keep_alive; }
    [[nodiscard]] Load load() const { return shared_.load.load(std::memory_order_relaxed); }
    [[nodiscard]] Admission& admission() { return shared_.admission; }
    [[nodiscard]] DescriptorReserve& reserve() { return reserve_; }

    [[nodiscard]] ProxyFacts const& facts() const { return facts_; }
    [[nodiscard]] EventLoop& loop() { return loop_; }
    [[nodiscard]] UpstreamPool& pool() { return pool_; }
    [[nodiscard]] Counters& counters() { return counters_; }
    [[nodiscard]] SpliceLanes& lanes() { return lanes_; }

    // The newest routes; valid until the next call.
    [[nodiscard]] RouteSnapshot const& routes();

    // Reused for every request, so that parsing allocates nothing.
    http::RequestHeadView request_view;
    http::ResponseHeadView response_view;
    RouteKey key;

    void adopt(int descriptor, std::string address, Front const& front);
    void bury(Session& session);
    // Says answer, if it can be said without waiting, and closes.
    void refuse(int descriptor, Front const& front, std::string_view answer);
    // At most a few lines about failed requests a second, so that a dead target cannot flood the log.
    [[nodiscard]] bool may_log();
    // Over the limit on connections: the next one is refused.
    [[nodiscard]] bool is_full() const;

  private:
    ProxyFacts const& facts_;
    SnapshotSource const& snapshots_;
    Shared& shared_;
    DescriptorReserve reserve_;
    EventLoop loop_;
    TlsContext client_tls_;
    UpstreamPool pool_;
    Counters counters_;
    SpliceLanes lanes_;
    SnapshotPointer snapshot_;
    std::int64_t log_second_ = 0;
    unsigned logged_ = 0;
    std::list<std::unique_ptr<Session>> sessions_;
    std::vector<std::unique_ptr<Listener>> listeners_;
    bool draining_ = false;
};

} // namespace jhub::proxy

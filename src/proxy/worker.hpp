// One worker: a thread's event loop with everything a request needs, shared with no other thread. What all workers
// have in common is constant (ProxyFacts) or published atomically (SnapshotSource).
#pragma once

#include <atomic>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "http/head_parser.hpp"
#include "proxy/counters.hpp"
#include "proxy/event_loop.hpp"
#include "proxy/forwarding.hpp"
#include "proxy/local_reply.hpp"
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
    std::int64_t connect_ms = 5'000;
    http::Limits limits;
    std::size_t most_connections = 0; // of all workers; 0: no limit
};

// A kind of listener: what its connections are for.
struct Front {
    LocalService* service = nullptr; // null: the data plane
    TlsContext tls;                  // replaced on the worker's thread when certificates are read again
    std::string what;                // for the log
};

class Worker {
  public:
    Worker(ProxyFacts const& facts, SnapshotSource const& snapshots, Resolver& resolver,
           std::atomic<std::size_t>& connections, TlsContext client_tls);
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
    [[nodiscard]] bool keeps_connections() const { return !draining_; }

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
    // At most a few lines about failed requests a second, so that a dead target cannot flood the log.
    [[nodiscard]] bool may_log();
    // Over the limit on connections: the next one is refused.
    [[nodiscard]] bool is_full() const;

  private:
    ProxyFacts const& facts_;
    SnapshotSource const& snapshots_;
    std::atomic<std::size_t>& connections_;
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

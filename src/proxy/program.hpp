// The whole proxy in one object: makes workers and listeners from the options, runs them on threads, stops them.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "proxy/activity_relay.hpp"
#include "proxy/certificates.hpp"
#include "proxy/control_api.hpp"
#include "proxy/handover.hpp"
#include "proxy/monitor.hpp"
#include "proxy/options.hpp"
#include "proxy/route_file.hpp"
#include "proxy/side_services.hpp"
#include "proxy/worker.hpp"

namespace jhub::proxy {

class Program {
  public:
    // monitor may be null: then nothing is handed over, and what the user may not read stays unread.
    explicit Program(Options options, Monitor* monitor = nullptr, Inherited inherited = {});
    ~Program(); // stops
    Program(Program const&) = delete;
    Program& operator=(Program const&) = delete;

    // Binds everything, then starts the threads. On an error nothing is served; the message names what failed.
    // last_step runs once everything is bound and no thread has started yet.
    [[nodiscard]] Result<> start(std::function<void()> const& last_step = {});
    // Ends all connections at once, removes the pid file and Unix sockets.
    void stop();

    // Starts the program anew and gives it the listening sockets and routes; waits until it serves. From then on this
    // one only finishes its connections. An error leaves everything as it was. While it runs, from the main thread.
    [[nodiscard]] Result<> hand_over();
    // Tells the successor which routes are active here. After hand_over(), about once a second.
    void report_activity();
    [[nodiscard]] std::size_t connections() const { return shared_.connections.load(std::memory_order_relaxed); }
    // What is held back for lack of memory; set by the watch over --memory-budget. From any thread.
    [[nodiscard]] LoadLevel& load() { return shared_.load; }

    // Reads the certificates and keys again. From any thread, while it runs.
    void reload_certificates();

    // The ports bound, also when 0 was asked for.
    [[nodiscard]] std::uint16_t public_port() const { return public_port_; }
    [[nodiscard]] std::uint16_t api_port() const { return api_port_; }
    [[nodiscard]] std::uint16_t metrics_port() const { return metrics_port_; }

  private:
    [[nodiscard]] Result<> make_facts();
    [[nodiscard]] Result<> make_workers();
    [[nodiscard]] Result<> fill_table();
    [[nodiscard]] Result<> listen_public();
    [[nodiscard]] Result<> listen_control();
    [[nodiscard]] Result<> listen_metrics();
    [[nodiscard]] Result<> listen_redirect();
    [[nodiscard]] Result<> serve_unix(std::string const& path, std::vector<Worker*> const& workers,
                                      LocalService* service, TlsFiles const* tls, std::string what);
    [[nodiscard]] Result<std::uint16_t> serve_tcp(std::string const& host, std::uint16_t port,
                                                  std::vector<Worker*> const& workers, LocalService* service,
                                                  TlsFiles const* tls, std::string what);
    [[nodiscard]] Result<std::vector<Front const*>> make_fronts(std::vector<Worker*> const& workers,
                                                                LocalService* service, TlsFiles const* tls,
                                                                std::string const& what);
    [[nodiscard]] TicketKeys ticket_keys(std::string const& what);
    [[nodiscard]] std::vector<Worker*> data_workers() const;
    [[nodiscard]] Result<> write_pid_file();
    void announce() const;
    void on_control(std::function<void()> task);
    [[nodiscard]] Result<Legacy> stop_control();
    void resume_control();
    void announce_to_predecessor();

    struct Bound {
        std::string what;
        int descriptor;
    };

    Options options_;
    Monitor* monitor_;
    Inherited inherited_;
    std::vector<Bound> bound_; // every listening socket; the workers own them
    std::unique_ptr<ActivityReporter> to_successor_;
    std::vector<std::unique_ptr<ActivityReceiver>> from_predecessors_;
    Descriptor pid_file_;
    ProxyFacts facts_;
    RouteTable table_;
    Resolver resolver_;
    Shared shared_;
    std::deque<Front> fronts_;
    std::unique_ptr<ControlApi> api_;
    std::unique_ptr<MetricsService> metrics_;
    std::unique_ptr<RedirectService> redirect_;
    std::unique_ptr<Worker> control_; // the API and metrics: never waits behind users' traffic
    std::vector<std::unique_ptr<Worker>> workers_;
    std::optional<RouteStore> route_store_;   // opened and loaded, until the control worker takes it
    Certificates certificates_;               // like what follows, in the control worker's timers: ends before it
    std::unique_ptr<RouteFile> route_file_;   // null without --routes-file; uses the control worker's timers
    std::unique_ptr<OverloadWatch> overload_; // null without --memory-budget
    std::vector<std::thread> threads_;
    std::vector<std::string> remove_on_stop_;
    std::uint16_t public_port_ = 0;
    std::uint16_t api_port_ = 0;
    std::uint16_t metrics_port_ = 0;
};

// As many descriptors as the system lets us have; returns the limit.
std::size_t raise_descriptor_limit();

} // namespace jhub::proxy
